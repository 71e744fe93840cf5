-- Every claim that a payment may be for, by the first rung of the ladder that found it, with what speaks for and against it.
-- Numbers that are the same, folded, and numbers of which at least 17 characters came back, begin alike.
CREATE OR REPLACE TABLE candidates AS
SELECT r.source, r.remit_no, c.source AS claim_source, c.claim_no,
       CASE WHEN c.clm01 = r.clp01 THEN 1 WHEN c.folded = r.folded THEN 2 ELSE 3 END AS rung
FROM paid_claims r JOIN known_claims c ON SUBSTRING(c.folded, 1, 17) = SUBSTRING(r.folded, 1, 17)
WHERE (c.folded = r.folded AND r.clp01 NOT IN ('', '0'))
   OR (LENGTH(r.folded) >= 17 AND LENGTH(c.folded) > LENGTH(r.folded)
       AND SUBSTRING(c.folded, 1, LENGTH(r.folded)) = r.folded)
UNION ALL
SELECT r.source, r.remit_no, c.source, c.claim_no, 4
FROM paid_claims r JOIN known_claims c
  ON c.member_key = r.member_key AND c.name_key = r.name_key AND c.charge = r.amount
WHERE r.member_key <> '' AND r.name_key <> '' AND c.first_day <= r.last_day AND r.first_day <= c.last_day
  AND NOT (c.folded = r.folded AND r.clp01 NOT IN ('', '0'))
  AND NOT (LENGTH(r.folded) >= 17 AND LENGTH(c.folded) > LENGTH(r.folded)
           AND SUBSTRING(c.folded, 1, LENGTH(r.folded)) = r.folded);

CREATE OR REPLACE TABLE judged AS
SELECT k.source, k.remit_no, k.claim_source, k.claim_no, k.rung, r.lines, c.lines AS claim_lines,
       c.charge = r.amount AS charge_agrees,
       r.first_day IS NULL OR c.first_day IS NULL OR (c.first_day <= r.last_day AND r.first_day <= c.last_day)
         AS days_agree,
       r.first_day IS NOT NULL AND c.first_day IS NOT NULL AS days_known,
       (c.name_key <> '' AND c.name_key IN (r.name_key, r.corrected_name_key))
         OR (c.member_key <> '' AND c.member_key IN (r.member_key, r.corrected_key)) AS patient_agrees,
       ((c.name_key <> '' AND r.name_key <> '') OR (c.member_key <> '' AND r.member_key <> ''))
         AND NOT ((c.name_key <> '' AND c.name_key IN (r.name_key, r.corrected_name_key))
           OR (c.member_key <> '' AND c.member_key IN (r.member_key, r.corrected_key))
           OR (c.last_key <> '' AND c.last_key = r.last_key)) AS patient_differs,
       c.name_key <> '' AND r.name_key <> '' AND c.name_key NOT IN (r.name_key, r.corrected_name_key) AS name_differs,
       c.payer_id <> '' AND COALESCE(r.known_payer <> c.payer_id, FALSE) AS payer_differs,
       c.predetermination <> (r.role = 'predetermination') AS estimate_differs,
       (r.role = 'primary' AND c.payer_seq = 'S') OR (r.role = 'secondary' AND c.payer_seq = 'P') AS turn_differs,
       r.role = 'primary' AS first_payer, c.frequency IN ('6', '7') AND r.frequency = c.frequency AND r.role <> 'reversal' AS named,
       c.frequency <> '8' AND (c.sent IS NULL OR r.paid_on IS NULL OR c.sent <= r.paid_on) AS payable
FROM candidates k
JOIN paid_claims r ON r.source = k.source AND r.remit_no = k.remit_no
JOIN known_claims c ON c.source = k.claim_source AND c.claim_no = k.claim_no;

-- How many lines of the payment have a line of the claim with the same code and charge, or the same control number. Asked
-- only where it decides: of claims with another charge, and of several claims.
-- The lines of each candidate first, as a table: joined by code and charge before, they would be nearly all pairs there are.
CREATE OR REPLACE TABLE candidate_lines AS
SELECT k.source, k.remit_no, k.claim_source, k.claim_no, x.svc_no, x.ref6r, ABS(x.charge) AS amount,
       COALESCE(NULLIF(x.sent_code, ''), x.code) AS billed
FROM judged k
LEFT JOIN (SELECT source, remit_no FROM candidates GROUP BY source, remit_no HAVING COUNT(*) > 1) several
  ON several.source = k.source AND several.remit_no = k.remit_no
JOIN remit_lines x ON x.source = k.source AND x.remit_no = k.remit_no
WHERE NOT k.charge_agrees OR several.source IS NOT NULL;

CREATE OR REPLACE TABLE line_fits AS
SELECT x.source, x.remit_no, x.claim_source, x.claim_no, COUNT(DISTINCT x.svc_no) AS fits
FROM candidate_lines x
JOIN claim_lines l ON l.source = x.claim_source AND l.claim_no = x.claim_no AND l.charge = x.amount
WHERE x.billed = l.code OR (x.ref6r <> '' AND x.ref6r = l.ref6r)
GROUP BY x.source, x.remit_no, x.claim_source, x.claim_no;

-- A payer that answers under an id that no claim was sent to is known by the claims whose number, charge and patient it
-- gave back, or by its name; else nobody can say that it is the payer of a claim that was not found by its whole number.
CREATE OR REPLACE TABLE unknown_payers AS
SELECT p.source, p.payment_no, p.payer_id, p.payer_name
FROM payments p LEFT JOIN known_payers k ON k.payer_id = p.payer_id
WHERE p.payer_id <> '' AND k.payer_id IS NULL;

CREATE OR REPLACE TABLE payer_aliases AS
SELECT DISTINCT u.payer_id, c.payer_id AS sent_to
FROM unknown_payers u
JOIN remits r ON r.source = u.source AND r.payment_no = u.payment_no
JOIN judged k ON k.source = r.source AND k.remit_no = r.remit_no
JOIN claims c ON c.source = k.claim_source AND c.claim_no = k.claim_no
WHERE k.rung = 1 AND k.first_payer AND c.payer_id <> '' AND k.charge_agrees
  AND ((c.name_key <> '' AND c.name_key = r.name_key) OR (c.member_key <> '' AND c.member_key = r.member_key));

CREATE OR REPLACE TABLE unsure_payers AS
SELECT k.source, k.remit_no, k.claim_source, k.claim_no
FROM unknown_payers u
JOIN remits r ON r.source = u.source AND r.payment_no = u.payment_no
JOIN judged k ON k.source = r.source AND k.remit_no = r.remit_no
JOIN claims c ON c.source = k.claim_source AND c.claim_no = k.claim_no
LEFT JOIN payer_aliases a ON a.payer_id = u.payer_id AND a.sent_to = c.payer_id
WHERE k.rung > 1 AND c.payer_id <> '' AND a.payer_id IS NULL AND UPPER(u.payer_name) <> UPPER(c.payer_id);

-- Why a candidate cannot be it; '' where it can. The number alone is enough only where nothing contradicts it.
CREATE OR REPLACE TABLE weighed AS
SELECT j.source, j.remit_no, j.claim_source, j.claim_no, j.rung, j.charge_agrees, j.patient_agrees, j.payable, j.named,
       j.turn_differs,
       j.lines > 0 AND j.fits = j.lines AS lines_agree, COALESCE(j.charge_agrees, FALSE) OR j.fits > 0 AS borne_out,
  CASE
    WHEN NOT j.days_agree THEN 'other dates of service'
    WHEN j.patient_differs THEN 'another patient'
    WHEN j.rung = 1 AND NOT j.charge_agrees AND j.fits = 0
      AND NOT (j.patient_agrees AND j.days_known) THEN 'another charge and other lines'
    WHEN j.rung > 1 AND (j.name_differs OR NOT j.patient_agrees) THEN 'the patient is not certain'
    WHEN j.rung > 1 AND NOT j.charge_agrees AND NOT (j.lines > 0 AND j.fits = j.lines)
      AND NOT (j.claim_lines > 0 AND j.fits >= j.claim_lines) THEN 'another charge'
    WHEN j.rung > 1 AND j.payer_differs THEN 'another payer'
    WHEN j.rung > 1 AND j.payer_unsure THEN 'the payer is not certain'
    WHEN j.rung > 2 AND j.estimate_differs THEN 'an estimate and a claim'
    ELSE '' END AS against,
  CASE WHEN j.payer_differs THEN 0 ELSE 32 END + CASE WHEN j.turn_differs THEN 0 ELSE 16 END + CASE WHEN j.estimate_differs THEN 0 ELSE 8 END
    + CASE WHEN j.charge_agrees THEN 4 ELSE 0 END + CASE WHEN j.lines > 0 AND j.fits = j.lines THEN 2 ELSE 0 END
    + CASE WHEN j.patient_agrees THEN 1 ELSE 0 END AS strength
FROM (
  SELECT k.*, COALESCE(f.fits, 0) AS fits, u.source IS NOT NULL AS payer_unsure FROM judged k
  LEFT JOIN line_fits f ON f.source = k.source AND f.remit_no = k.remit_no AND f.claim_source = k.claim_source
   AND f.claim_no = k.claim_no
  LEFT JOIN unsure_payers u ON u.source = k.source AND u.remit_no = k.remit_no AND u.claim_source = k.claim_source
   AND u.claim_no = k.claim_no
) j;

-- What only led here makes room.
DROP TABLE candidates;
DROP TABLE candidate_lines;
DROP TABLE line_fits;
DROP TABLE unknown_payers;
DROP TABLE payer_aliases;
DROP TABLE unsure_payers;
DROP TABLE judged;
