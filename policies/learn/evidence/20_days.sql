-- Days: what became of each code of one patient, date, payer and plan. A trial is one of them, whatever was sent twice.
-- Most codes are on one line of a claim; only those on several are added up.
CREATE OR REPLACE TABLE codes_again AS
SELECT claim_source, claim_no, day, code FROM final_lines GROUP BY claim_source, claim_no, day, code HAVING COUNT(*) > 1;

CREATE OR REPLACE TABLE codes_added AS
SELECT f.claim_source, f.claim_no, f.payer, f.grp, f.patient, f.day, f.code, MAX(f.class) AS class, MAX(f.network) AS network, MAX(f.paid_on) AS paid_on,
       COUNT(*) AS lines, TRY_CAST(SUM(f.units) AS BIGINT) AS units,
       TRY_CAST(SUM(CASE WHEN f.allowed > 0 THEN f.paid_units ELSE 0 END) AS BIGINT) AS paid_units,
       TRY_CAST(SUM(f.allowed) AS DECIMAL(18,2)) AS allowed, TRY_CAST(SUM(f.charge) AS DECIMAL(18,2)) AS charge,
       CASE WHEN MIN(f.state) = MAX(f.state) THEN MIN(f.state)
            WHEN BOOL_OR(f.state NOT IN ('paid', 'units-capped', 'frequency', 'bundled')) THEN 'censored'
            WHEN BOOL_OR(f.state = 'bundled') THEN 'part-bundled'
            ELSE 'units-capped' END AS state,
       CASE WHEN MIN(f.target) = MAX(f.target) THEN MIN(f.target) ELSE '' END AS target,
       MAX(f.renamed) AS renamed, MAX(f.inferred) AS inferred, MAX(f.patient_owes) AS patient_owes, MIN(f.teeth) AS teeth
FROM codes_again r
JOIN final_lines f ON f.claim_source = r.claim_source AND f.claim_no = r.claim_no AND f.day = r.day AND f.code = r.code
GROUP BY f.claim_source, f.claim_no, f.payer, f.grp, f.patient, f.day, f.code;

CREATE OR REPLACE VIEW claim_codes AS
SELECT f.claim_source, f.claim_no, f.payer, f.grp, f.patient, f.day, f.code, f.class, f.network, f.paid_on, 1 AS lines, f.units,
       CASE WHEN f.allowed > 0 THEN f.paid_units ELSE 0 END AS paid_units, f.allowed, f.charge, f.state, f.target, f.renamed,
       f.inferred, f.patient_owes, f.teeth
FROM final_lines f
LEFT JOIN codes_again r
  ON r.claim_source = f.claim_source AND r.claim_no = f.claim_no AND r.day = f.day AND r.code = f.code
WHERE r.claim_source IS NULL
UNION ALL
SELECT * FROM codes_added;

-- Alone: the patient's only claim with this date, answered under one plan. Nearly all are; only the others are compared.
CREATE OR REPLACE TABLE claim_dates AS
SELECT d.*, d.one_plan AND COUNT(*) OVER (PARTITION BY d.patient, d.day) = 1 AS alone
FROM (
  SELECT claim_source, claim_no, day, MIN(payer) AS payer, MIN(grp) AS grp, MIN(patient) AS patient, MAX(class) AS class, MAX(network) AS network,
         MIN(payer) = MAX(payer) AND MIN(grp) = MAX(grp) AS one_plan
  FROM claim_codes GROUP BY claim_source, claim_no, day
) d;

-- A claim sent again is the same trial: the same services on the same date, or the same number on the same date. The last
-- answer counts; that it was a duplicate is no answer.
CREATE OR REPLACE TABLE claim_days AS
SELECT *, ROW_NUMBER() OVER (PARTITION BY payer, patient, day, services
  ORDER BY repeated, paid_on DESC NULLS LAST, sent DESC NULLS LAST, claim_source, claim_no) AS of_services
FROM (
  SELECT a.claim_source, a.claim_no, a.payer, a.patient, a.day, MIN(c.clm01) AS clm01, MIN(c.sent) AS sent, MAX(a.paid_on) AS paid_on,
         MIN(CASE WHEN a.state = 'duplicate' THEN 1 ELSE 0 END) AS repeated,
         STRING_AGG(a.code || 'x' || CAST(a.units AS VARCHAR), ' ' ORDER BY a.code) AS services
  FROM claim_dates d
  JOIN claim_codes a ON a.claim_source = d.claim_source AND a.claim_no = d.claim_no AND a.day = d.day
  JOIN claims c ON c.source = d.claim_source AND c.claim_no = d.claim_no
  WHERE NOT d.alone
  GROUP BY a.claim_source, a.claim_no, a.payer, a.patient, a.day
) c;

CREATE OR REPLACE TABLE trial_claims AS
SELECT claim_source, claim_no, day FROM claim_dates WHERE alone
UNION ALL
SELECT claim_source, claim_no, day FROM (
  SELECT claim_source, claim_no, day, ROW_NUMBER() OVER (PARTITION BY payer, patient, day, clm01
    ORDER BY repeated, paid_on DESC NULLS LAST, sent DESC NULLS LAST, claim_source, claim_no) AS of_number
  FROM claim_days WHERE of_services = 1
) c WHERE of_number = 1;

-- Lines that were sent and not answered leave the code open.
CREATE OR REPLACE TABLE sent_codes AS
SELECT t.claim_source, t.claim_no, t.day, l.code, c.age, TRY_CAST(SUM(l.units) AS BIGINT) AS units
FROM trial_claims t
JOIN claims c ON c.source = t.claim_source AND c.claim_no = t.claim_no
JOIN claim_lines l ON l.source = t.claim_source AND l.claim_no = t.claim_no AND COALESCE(l.first_day, c.first_day) = t.day
GROUP BY t.claim_source, t.claim_no, t.day, l.code, c.age;

CREATE OR REPLACE VIEW answers AS
SELECT t.alone, CASE WHEN t.alone THEN '' ELSE s.claim_source || '/' || CAST(s.claim_no AS VARCHAR) END AS claim,
       s.day, s.code, COALESCE(COALESCE(a.units, 0) = s.units, FALSE) AS whole, t.payer, t.grp, t.patient, t.class, t.network, s.age, s.units,
       COALESCE(a.paid_units, 0) AS paid_units, COALESCE(a.allowed, 0) AS allowed, COALESCE(a.charge, 0) AS charge,
       COALESCE(a.lines, 0) AS lines, COALESCE(a.state, 'censored') AS state, COALESCE(a.target, '') AS target,
       COALESCE(a.renamed, 0) AS renamed, COALESCE(a.inferred, 0) AS inferred, COALESCE(a.patient_owes, 0) AS patient_owes,
       COALESCE(a.teeth, '') AS teeth
FROM sent_codes s
JOIN claim_dates t ON t.claim_source = s.claim_source AND t.claim_no = s.claim_no AND t.day = s.day
LEFT JOIN claim_codes a
  ON a.claim_source = s.claim_source AND a.claim_no = s.claim_no AND a.day = s.day AND a.code = s.code;

-- first_claim and last_claim differ where a code was on several claims; of a claim that is alone they are ''.
CREATE OR REPLACE TABLE day_codes AS
SELECT payer, grp, patient, day, code, class, network, age, units, paid_units, allowed, charge, lines,
       CASE WHEN whole THEN state ELSE 'censored' END AS state,
       target, renamed, inferred, patient_owes, teeth, claim AS first_claim, claim AS last_claim
FROM answers WHERE alone
UNION ALL
SELECT payer, grp, patient, day, code, MAX(class), MAX(network), MAX(age), TRY_CAST(SUM(units) AS BIGINT), TRY_CAST(SUM(paid_units) AS BIGINT),
       TRY_CAST(SUM(allowed) AS DECIMAL(18,2)), TRY_CAST(SUM(charge) AS DECIMAL(18,2)), TRY_CAST(SUM(lines) AS BIGINT),
       CASE WHEN NOT BOOL_AND(whole) OR MIN(state) <> MAX(state) THEN 'censored' ELSE MIN(state) END,
       CASE WHEN MIN(target) = MAX(target) THEN MIN(target) ELSE '' END,
       MAX(renamed), MAX(inferred), MAX(patient_owes), MIN(teeth), MIN(claim), MAX(claim)
FROM answers WHERE NOT alone GROUP BY payer, grp, patient, day, code;

-- What only led here makes room.
DROP VIEW answers;
DROP VIEW claim_codes;
DROP TABLE codes_again;
DROP TABLE codes_added;
DROP TABLE claim_days;
DROP TABLE claim_dates;
DROP TABLE sent_codes;

-- What a plan allows for one unit of a code that was paid as it was sent.
CREATE OR REPLACE TABLE unit_fees AS
SELECT payer, grp, code, CAST(allowed / units AS DECIMAL(18,2)) AS allowed, MIN(day) AS first_day, MAX(day) AS last_day,
       COUNT(*) AS seen
FROM day_codes WHERE state = 'paid' AND units > 0 AND allowed > 0
GROUP BY payer, grp, code, CAST(allowed / units AS DECIMAL(18,2));
