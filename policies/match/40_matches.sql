-- One claim for each payment, where one alone is left on the first rung that has any. A number alone, to which neither the
-- charge nor any line is that of the claim, has a rival in a claim of which all are: numbers are cut, and then look whole.
-- Of payments that one candidate alone is left for there is nothing to compare. Where the number is not whole, a claim to the
-- payer as the first is not one to it as the second: of both, the one that was paid in its turn (CLP02, SBR01) is left.
CREATE OR REPLACE TABLE best_rung AS
SELECT source, remit_no, MIN(rung) AS rung,
       COALESCE(MIN(CASE WHEN borne_out THEN rung END) <> MIN(rung), TRUE) AS unproven,
       MIN(CASE WHEN rung > 2 AND NOT turn_differs THEN rung END) AS in_turn
FROM weighed WHERE against = '' GROUP BY source, remit_no HAVING COUNT(*) > 1;

CREATE OR REPLACE TABLE on_rung AS
SELECT w.source, w.remit_no, w.claim_source, w.claim_no, w.rung, w.charge_agrees, w.patient_agrees, w.payable,
       w.strength, w.named AND w.charge_agrees AND w.rung < 4 AS named,
       COALESCE(b.rung < w.rung AND w.rung = 4, FALSE) AS contests
FROM weighed w LEFT JOIN best_rung b ON b.source = w.source AND b.remit_no = w.remit_no
WHERE w.against = '' AND (b.source IS NULL OR w.rung = b.rung OR (b.unproven AND w.charge_agrees AND w.lines_agree))
  AND NOT COALESCE(w.turn_differs AND w.rung = b.in_turn, FALSE);

-- Several claims with the number that came back: the one that more speaks for. Then a void is not what was paid, nor a
-- claim that was sent after the payment. Of a claim and what replaced it the replacement was paid where the payer says so
-- (CLP09); that it was the original no CLP09 says, as many payers send a 1 with everything, nor what it is that is taken back.
CREATE OR REPLACE TABLE several_claims AS
SELECT source, remit_no, MAX(strength) AS strength, BOOL_OR(contests) AS contested
FROM on_rung GROUP BY source, remit_no HAVING COUNT(*) > 1;

CREATE OR REPLACE TABLE strongest AS
SELECT o.*, COUNT(*) OVER (PARTITION BY o.source, o.remit_no) AS still
FROM several_claims b
JOIN on_rung o ON o.source = b.source AND o.remit_no = b.remit_no
WHERE b.strength = o.strength OR o.rung > 2 OR b.contested;

CREATE OR REPLACE TABLE unique_claims AS
SELECT o.source, o.remit_no, o.claim_source, o.claim_no, o.rung, o.charge_agrees, o.patient_agrees
FROM on_rung o LEFT JOIN several_claims b ON b.source = o.source AND b.remit_no = o.remit_no
WHERE b.source IS NULL
UNION ALL
SELECT source, remit_no, claim_source, claim_no, rung, charge_agrees, patient_agrees FROM (
  SELECT n.*, COUNT(*) OVER (PARTITION BY n.source, n.remit_no) AS left_over
  FROM (
    SELECT s.*, MAX(CASE WHEN s.named THEN 1 ELSE 0 END) OVER (PARTITION BY s.source, s.remit_no) AS one_is_named
    FROM strongest s WHERE s.still = 1 OR s.rung > 2 OR s.payable
  ) n WHERE n.named OR n.one_is_named = 0
) narrowed WHERE left_over = 1;

-- A claim that was found by its number is not also found by its patient: and one that two numbers claim, by neither.
CREATE OR REPLACE TABLE taken AS
SELECT u.claim_source, u.claim_no, MIN(u.rung) AS rung, COUNT(DISTINCT r.folded) AS numbers
FROM (SELECT DISTINCT claim_source, claim_no FROM unique_claims WHERE rung > 2) w
JOIN unique_claims u ON u.claim_source = w.claim_source AND u.claim_no = w.claim_no
JOIN paid_claims r ON r.source = u.source AND r.remit_no = u.remit_no
WHERE u.charge_agrees
GROUP BY u.claim_source, u.claim_no;

CREATE OR REPLACE TABLE settled AS
SELECT u.* FROM unique_claims u
LEFT JOIN taken t ON t.claim_source = u.claim_source AND t.claim_no = u.claim_no
WHERE u.rung < 3 OR (COALESCE(t.rung, u.rung) = u.rung AND COALESCE(t.numbers, 1) = 1);

-- Of payments with no claim: how many claims may be meant.
CREATE OR REPLACE TABLE unsettled AS
SELECT w.source, w.remit_no, COUNT(*) AS near, COUNT(o.source) AS viable
FROM weighed w
LEFT JOIN settled u ON u.source = w.source AND u.remit_no = w.remit_no
LEFT JOIN on_rung o ON o.source = w.source AND o.remit_no = w.remit_no AND o.claim_source = w.claim_source
 AND o.claim_no = w.claim_no
WHERE u.source IS NULL GROUP BY w.source, w.remit_no;

CREATE OR REPLACE TABLE remit_matches AS
SELECT r.source, r.remit_no, u.claim_source, u.claim_no,
       CASE u.rung WHEN 1 THEN 'exact' WHEN 2 THEN 'folded' WHEN 3 THEN 'prefix' WHEN 4 THEN 'attributes' END AS method,
       CAST(CASE u.rung WHEN 1 THEN CASE WHEN u.patient_agrees AND u.charge_agrees THEN 1 ELSE 0.99 END
                        WHEN 2 THEN 0.98 WHEN 3 THEN 0.95 WHEN 4 THEN 0.90 END AS DECIMAL(3,2)) AS confidence,
       r.role, r.paid_on, r.amount, r.paid, r.payment_no, r.lines,
       CASE WHEN u.claim_no IS NOT NULL THEN NULL
            WHEN n.viable > 1 THEN 'several claims fit'
            WHEN n.viable = 1 THEN 'the claim that fits was paid under another number'
            WHEN n.near > 0 THEN 'no claim fits in everything'
            ELSE 'no claim with this number, patient, date and charge' END AS reason,
       r.duplicate_source, r.duplicate_remit_no
FROM paid_claims r
LEFT JOIN settled u ON u.source = r.source AND u.remit_no = r.remit_no
LEFT JOIN unsettled n ON n.source = r.source AND n.remit_no = r.remit_no;

CREATE OR REPLACE TABLE near_candidates AS
SELECT source, remit_no, claim_source, claim_no, reason FROM (
  SELECT w.source, w.remit_no, w.claim_source, w.claim_no,
         CASE WHEN w.against = '' THEN 'another claim fits as well' ELSE w.against END AS reason,
         ROW_NUMBER() OVER (
           PARTITION BY w.source, w.remit_no
           ORDER BY CASE WHEN w.against = '' THEN 0 ELSE 1 END, w.rung, w.strength DESC, c.clm01, w.claim_source, w.claim_no
         ) AS place
  FROM remit_matches m
  JOIN weighed w ON w.source = m.source AND w.remit_no = m.remit_no
  JOIN claims c ON c.source = w.claim_source AND c.claim_no = w.claim_no
  WHERE m.method IS NULL
) ranked WHERE place <= 3;

-- What a reversal takes back: the payment of the same claim (where none was found, with the same number) with the same
-- amounts, the first with the first. Payments of claims of which nothing was taken back are left out before they are ordered.
CREATE OR REPLACE VIEW whose_remits AS
SELECT m.source, m.remit_no, m.role, m.paid_on, m.amount, ABS(m.paid) AS paid, COALESCE(m.claim_no, 0) AS whose_no,
       CASE WHEN m.claim_no IS NULL THEN UPPER(REPLACE(r.clp01, '/', '-')) ELSE CAST(m.claim_source AS VARCHAR) END AS whose
FROM remit_matches m JOIN remits r ON r.source = m.source AND r.remit_no = m.remit_no
WHERE m.duplicate_source IS NULL;

CREATE OR REPLACE TABLE taken_back AS
SELECT *, ROW_NUMBER() OVER (PARTITION BY whose, whose_no, amount, paid ORDER BY paid_on NULLS LAST, source, remit_no) AS turn
FROM whose_remits WHERE role = 'reversal';

CREATE OR REPLACE TABLE reversals AS
SELECT b.source, b.remit_no, a.source AS reversed_source, a.remit_no AS reversed_remit_no
FROM taken_back b
JOIN (
  SELECT m.*, ROW_NUMBER() OVER (
    PARTITION BY m.whose, m.whose_no, m.amount, m.paid ORDER BY m.paid_on NULLS LAST, m.source, m.remit_no) AS turn
  FROM (SELECT DISTINCT whose, whose_no FROM taken_back) k
  JOIN whose_remits m ON m.whose = k.whose AND m.whose_no = k.whose_no
  WHERE m.role NOT IN ('reversal', 'predetermination')
) a ON a.whose = b.whose AND a.whose_no = b.whose_no AND a.amount = b.amount AND a.paid = b.paid
   AND a.turn = b.turn AND (a.paid_on IS NULL OR b.paid_on IS NULL OR a.paid_on <= b.paid_on);

-- What replaces a payment that was taken back: another payment of the claim, made with the reversal or after it; of several
-- the one with the payer's number, then with the charge, then the first.
CREATE OR REPLACE TABLE corrections AS
SELECT source, remit_no, by_source, by_remit_no FROM (
  SELECT n.reversed_source AS source, n.reversed_remit_no AS remit_no, n.source AS by_source, n.remit_no AS by_remit_no,
         ROW_NUMBER() OVER (
           PARTITION BY n.reversed_source, n.reversed_remit_no
           ORDER BY CASE WHEN x.clp07 = y.clp07 THEN 0 ELSE 1 END, CASE WHEN n.same_amount THEN 0 ELSE 1 END,
                    n.paid_on, n.source, n.remit_no
         ) AS place
  FROM (
    SELECT v.reversed_source, v.reversed_remit_no, n.source, n.remit_no, n.paid_on, n.amount = o.amount AS same_amount
    FROM reversals v
    JOIN remit_matches b ON b.source = v.source AND b.remit_no = v.remit_no
    JOIN remit_matches o ON o.source = v.reversed_source AND o.remit_no = v.reversed_remit_no
    JOIN remit_matches n ON n.claim_source = o.claim_source AND n.claim_no = o.claim_no AND n.role = o.role
     AND n.duplicate_source IS NULL AND n.paid_on >= b.paid_on
    WHERE CASE WHEN n.source = b.source THEN n.remit_no > b.remit_no
               ELSE n.source <> o.source OR n.remit_no <> o.remit_no END
  ) n
  JOIN remits x ON x.source = n.source AND x.remit_no = n.remit_no
  JOIN remits y ON y.source = n.reversed_source AND y.remit_no = n.reversed_remit_no
) ranked WHERE place = 1;

-- What only led here makes room.
DROP TABLE weighed;
DROP TABLE best_rung;
DROP TABLE on_rung;
DROP TABLE several_claims;
DROP TABLE strongest;
DROP TABLE unique_claims;
DROP TABLE taken;
DROP TABLE settled;
DROP TABLE unsettled;
DROP VIEW paid_claims;
DROP VIEW whose_remits;
DROP TABLE remits_again;
DROP TABLE taken_back;
