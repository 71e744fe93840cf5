-- Every claim that a payment may be for, by the rung of the ladder that found it, with what speaks for and against it.
CREATE OR REPLACE TABLE candidates AS
SELECT source, remit_no, claim_source, claim_no, MIN(rung) AS rung FROM (
  SELECT r.source, r.remit_no, c.source AS claim_source, c.claim_no, 1 AS rung
  FROM paid_claims r JOIN known_claims c ON c.clm01 = r.clp01 WHERE r.clp01 NOT IN ('', '0')
  UNION ALL
  SELECT r.source, r.remit_no, c.source, c.claim_no, 2
  FROM paid_claims r JOIN known_claims c ON c.folded = r.folded WHERE r.clp01 NOT IN ('', '0')
  UNION ALL
  SELECT r.source, r.remit_no, c.source, c.claim_no, 3
  FROM paid_claims r JOIN known_claims c ON c.head = SUBSTRING(r.folded, 1, 17)
  WHERE LENGTH(r.folded) >= 17 AND LENGTH(c.folded) > LENGTH(r.folded)
    AND SUBSTRING(c.folded, 1, LENGTH(r.folded)) = r.folded
  UNION ALL
  SELECT r.source, r.remit_no, c.source, c.claim_no, 4
  FROM paid_claims r JOIN known_claims c
    ON c.member_key = r.member_key AND c.name_key = r.name_key AND c.charge = r.amount
  WHERE r.member_key <> '' AND r.name_key <> '' AND c.first_day <= r.last_day AND r.first_day <= c.last_day
) found GROUP BY source, remit_no, claim_source, claim_no;

-- How many lines of the payment have a line of the claim with the same code and charge, or the same control number.
-- The lines of each candidate first, as a table: joined by code and charge before, they would be nearly all pairs there are.
CREATE OR REPLACE TABLE candidate_lines AS
SELECT k.source, k.remit_no, k.claim_source, k.claim_no, x.svc_no, x.ref6r, ABS(x.charge) AS amount,
       COALESCE(NULLIF(x.sent_code, ''), x.code) AS billed
FROM candidates k JOIN remit_lines x ON x.source = k.source AND x.remit_no = k.remit_no;

CREATE OR REPLACE TABLE line_pairs AS
SELECT x.source, x.remit_no, x.claim_source, x.claim_no, x.svc_no, x.billed = l.code AS same_code,
       x.ref6r <> '' AND x.ref6r = l.ref6r AS same_number
FROM candidate_lines x
JOIN claim_lines l ON l.source = x.claim_source AND l.claim_no = x.claim_no AND l.charge = x.amount;

CREATE OR REPLACE TABLE line_fits AS
SELECT source, remit_no, claim_source, claim_no, COUNT(DISTINCT svc_no) AS fits
FROM line_pairs WHERE same_code OR same_number GROUP BY source, remit_no, claim_source, claim_no;

-- A payer that answers under an id that no claim was sent to is known by the claims whose number, charge and patient it
-- gave back.
CREATE OR REPLACE TABLE payer_aliases AS
SELECT DISTINCT r.payer_id, c.payer_id AS sent_to
FROM candidates k
JOIN paid_claims r ON r.source = k.source AND r.remit_no = k.remit_no
JOIN known_claims c ON c.source = k.claim_source AND c.claim_no = k.claim_no
WHERE k.rung = 1 AND r.role = 'primary' AND r.payer_id <> '' AND r.known_payer = '' AND c.payer_id <> ''
  AND c.charge = r.amount
  AND ((c.name_key <> '' AND c.name_key = r.name_key) OR (c.member_key <> '' AND c.member_key = r.member_key));

CREATE OR REPLACE TABLE judged AS
SELECT k.*, r.role, r.lines, r.paid_on, c.clm01, c.sent, c.frequency,
       COALESCE(f.fits, 0) AS fits,
       c.charge = r.amount AS charge_agrees,
       r.lines > 0 AND COALESCE(f.fits, 0) = r.lines AS lines_agree,
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
       r.known_payer <> '' AND c.payer_id <> '' AND r.known_payer <> c.payer_id AS payer_differs,
       r.payer_id <> '' AND r.known_payer = '' AND c.payer_id <> '' AND a.payer_id IS NULL
         AND UPPER(r.payer_name) <> UPPER(c.payer_id) AS payer_unsure,
       c.predetermination <> (r.role = 'predetermination') AS estimate_differs,
       (r.role = 'primary' AND c.payer_seq = 'S') OR (r.role = 'secondary' AND c.payer_seq = 'P') AS turn_differs,
       c.lines > 0 AND COALESCE(f.fits, 0) >= c.lines AS all_answered
FROM candidates k
JOIN paid_claims r ON r.source = k.source AND r.remit_no = k.remit_no
JOIN known_claims c ON c.source = k.claim_source AND c.claim_no = k.claim_no
LEFT JOIN payer_aliases a ON a.payer_id = r.payer_id AND a.sent_to = c.payer_id
LEFT JOIN line_fits f ON f.source = k.source AND f.remit_no = k.remit_no AND f.claim_source = k.claim_source
 AND f.claim_no = k.claim_no;

-- Why a candidate cannot be it; '' where it can. The number alone is enough only where nothing contradicts it.
CREATE OR REPLACE TABLE weighed AS
SELECT j.*,
  CASE
    WHEN NOT j.days_agree THEN 'other dates of service'
    WHEN j.patient_differs THEN 'another patient'
    WHEN j.rung = 1 AND NOT j.charge_agrees AND j.fits = 0
      AND NOT (j.patient_agrees AND j.days_known) THEN 'another charge and other lines'
    WHEN j.rung > 1 AND (j.name_differs OR NOT j.patient_agrees) THEN 'the patient is not certain'
    WHEN j.rung > 1 AND NOT j.charge_agrees AND NOT j.lines_agree AND NOT j.all_answered THEN 'another charge'
    WHEN j.rung > 1 AND j.payer_differs THEN 'another payer'
    WHEN j.rung > 1 AND j.payer_unsure THEN 'the payer is not certain'
    WHEN j.rung = 4 AND j.estimate_differs THEN 'an estimate and a claim'
    ELSE '' END AS against,
  CASE WHEN j.payer_differs THEN 0 ELSE 32 END + CASE WHEN j.turn_differs THEN 0 ELSE 16 END + CASE WHEN j.estimate_differs THEN 0 ELSE 8 END
    + CASE WHEN j.charge_agrees THEN 4 ELSE 0 END + CASE WHEN j.lines_agree THEN 2 ELSE 0 END
    + CASE WHEN j.patient_agrees THEN 1 ELSE 0 END AS strength
FROM judged j;

-- What only led here makes room.
DROP TABLE candidates;
DROP TABLE candidate_lines;
DROP TABLE line_pairs;
DROP TABLE line_fits;
DROP TABLE payer_aliases;
DROP TABLE judged;
DROP TABLE claim_shapes;
