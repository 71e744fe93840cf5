-- Days: what became of each code of one patient, date, payer and plan. A trial is one of them, whatever was sent twice.
CREATE OR REPLACE TABLE claim_codes AS
SELECT claim_source, claim_no, payer, grp, patient, day, code, MIN(clm01) AS clm01, MIN(sent) AS sent, MAX(class) AS class, MAX(age) AS age,
       MAX(paid_on) AS paid_on, COUNT(*) AS lines, SUM(units) AS units,
       SUM(CASE WHEN allowed > 0 THEN paid_units ELSE 0 END) AS paid_units, SUM(allowed) AS allowed,
       SUM(charge) AS charge,
       CASE WHEN MIN(state) = MAX(state) THEN MIN(state)
            WHEN SUM(CASE WHEN state IN ('paid', 'units-capped', 'frequency', 'bundled') THEN 0 ELSE 1 END) > 0 THEN 'censored'
            WHEN SUM(CASE WHEN state = 'bundled' THEN 1 ELSE 0 END) > 0 THEN 'part-bundled'
            ELSE 'units-capped' END AS state,
       CASE WHEN MIN(target) = MAX(target) THEN MIN(target) ELSE '' END AS target,
       MAX(CASE WHEN paid_code <> code THEN 1 ELSE 0 END) AS renamed,
       MAX(inferred) AS inferred, MAX(patient_owes) AS patient_owes, MIN(teeth) AS teeth
FROM final_lines GROUP BY claim_source, claim_no, payer, grp, patient, day, code;

-- A claim sent again is the same trial: the same services on the same date, or the same number on the same date. The last
-- answer counts; that it was a duplicate is no answer.
CREATE OR REPLACE TABLE claim_days AS
SELECT *, ROW_NUMBER() OVER (PARTITION BY payer, patient, day, services
  ORDER BY repeated, paid_on DESC NULLS LAST, sent DESC NULLS LAST, claim_source, claim_no) AS of_services
FROM (
  SELECT claim_source, claim_no, payer, patient, day, MIN(clm01) AS clm01, MIN(sent) AS sent, MAX(paid_on) AS paid_on,
         MIN(CASE WHEN state = 'duplicate' THEN 1 ELSE 0 END) AS repeated,
         STRING_AGG(code || 'x' || CAST(units AS VARCHAR), ' ' ORDER BY code) AS services
  FROM claim_codes GROUP BY claim_source, claim_no, payer, patient, day
) c;

CREATE OR REPLACE TABLE trial_claims AS
SELECT claim_source, claim_no, day FROM (
  SELECT claim_source, claim_no, day, ROW_NUMBER() OVER (PARTITION BY payer, patient, day, clm01
    ORDER BY repeated, paid_on DESC NULLS LAST, sent DESC NULLS LAST, claim_source, claim_no) AS of_number
  FROM claim_days WHERE of_services = 1
) c WHERE of_number = 1;

-- Lines that were sent and not answered leave the code open.
CREATE OR REPLACE TABLE sent_codes AS
SELECT t.claim_source, t.claim_no, t.day, l.code, SUM(l.units) AS units
FROM trial_claims t
JOIN claims c ON c.source = t.claim_source AND c.claim_no = t.claim_no
JOIN claim_lines l ON l.source = t.claim_source AND l.claim_no = t.claim_no AND COALESCE(l.first_day, c.first_day) = t.day
GROUP BY t.claim_source, t.claim_no, t.day, l.code;

CREATE OR REPLACE TABLE day_codes AS
SELECT payer, grp, patient, day, code, MAX(class) AS class, MAX(age) AS age, SUM(units) AS units, SUM(paid_units) AS paid_units,
       SUM(allowed) AS allowed, SUM(charge) AS charge, SUM(lines) AS lines,
       CASE WHEN SUM(CASE WHEN whole THEN 0 ELSE 1 END) > 0 OR MIN(state) <> MAX(state) THEN 'censored' ELSE MIN(state) END AS state,
       CASE WHEN MIN(target) = MAX(target) THEN MIN(target) ELSE '' END AS target,
       MAX(renamed) AS renamed, MAX(inferred) AS inferred, MAX(patient_owes) AS patient_owes, MIN(teeth) AS teeth,
       MIN(claim) AS first_claim, MAX(claim) AS last_claim
FROM (
  SELECT s.claim_source || '/' || CAST(s.claim_no AS VARCHAR) AS claim, s.day, s.code, COALESCE(a.units, 0) = s.units AS whole,
         t.payer, t.grp, t.patient, t.class, t.age, s.units, COALESCE(a.paid_units, 0) AS paid_units,
         COALESCE(a.allowed, 0) AS allowed, COALESCE(a.charge, 0) AS charge, COALESCE(a.lines, 0) AS lines,
         COALESCE(a.state, 'censored') AS state, COALESCE(a.target, '') AS target, COALESCE(a.renamed, 0) AS renamed,
         COALESCE(a.inferred, 0) AS inferred, COALESCE(a.patient_owes, 0) AS patient_owes, COALESCE(a.teeth, '') AS teeth
  FROM sent_codes s
  JOIN (SELECT claim_source, claim_no, day, MIN(payer) AS payer, MIN(grp) AS grp, MIN(patient) AS patient,
               MAX(class) AS class, MAX(age) AS age
        FROM claim_codes GROUP BY claim_source, claim_no, day) t
    ON t.claim_source = s.claim_source AND t.claim_no = s.claim_no AND t.day = s.day
  LEFT JOIN claim_codes a
    ON a.claim_source = s.claim_source AND a.claim_no = s.claim_no AND a.day = s.day AND a.code = s.code
) answers GROUP BY payer, grp, patient, day, code;

-- What a plan allows for one unit of a code that was paid as it was sent.
CREATE OR REPLACE TABLE unit_fees AS
SELECT payer, grp, code, CAST(allowed / units AS DECIMAL(18,2)) AS allowed, MIN(day) AS first_day, MAX(day) AS last_day,
       COUNT(*) AS seen
FROM day_codes WHERE state = 'paid' AND units > 0 AND allowed > 0
GROUP BY payer, grp, code, CAST(allowed / units AS DECIMAL(18,2));

-- What only led here makes room.
DROP TABLE claim_codes;
DROP TABLE claim_days;
DROP TABLE sent_codes;
