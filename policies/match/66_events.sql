-- One class for every paid line, and what it became part of or was paid as.
-- The service that a bundled line went into where no code was changed: the one that was paid on the same claim, if one.
CREATE OR REPLACE TABLE companions AS
SELECT f.source, f.remit_no, MIN(f.code) AS code
FROM (SELECT DISTINCT source, remit_no FROM line_facts WHERE bundled AND allowed = 0) w
JOIN line_facts f ON f.source = w.source AND f.remit_no = w.remit_no
WHERE f.allowed > 0 AND f.difference = 0 GROUP BY f.source, f.remit_no HAVING MIN(f.code) = MAX(f.code);

CREATE OR REPLACE TABLE claim_companions AS
SELECT f.claim_source, f.claim_no, f.role, MIN(f.code) AS code
FROM (SELECT DISTINCT claim_source, claim_no, role FROM line_facts WHERE bundled AND allowed = 0) w
JOIN line_facts f ON f.claim_source = w.claim_source AND f.claim_no = w.claim_no AND f.role = w.role
WHERE f.allowed > 0 AND f.difference = 0 AND f.claim_no IS NOT NULL AND NOT f.withdrawn
GROUP BY f.claim_source, f.claim_no, f.role HAVING MIN(f.code) = MAX(f.code);

-- Which lines of a payment, and of a claim that was paid in parts, were allowed: a maximum that is reached for one line
-- (119) is one of frequency where another line of the claim was still paid, and no line is another to itself.
CREATE OR REPLACE TABLE paying AS
SELECT f.source, f.remit_no, MIN(f.svc_no) AS low, MAX(f.svc_no) AS high
FROM (SELECT DISTINCT source, remit_no FROM line_reasons WHERE period_max) w
JOIN line_facts f ON f.source = w.source AND f.remit_no = w.remit_no
WHERE f.allowed > 0 GROUP BY f.source, f.remit_no;

CREATE OR REPLACE TABLE claim_paying AS
SELECT f.claim_source, f.claim_no, f.role, MIN(f.line_no) AS low, MAX(f.line_no) AS high
FROM (
  SELECT DISTINCT x.claim_source, x.claim_no, x.role
  FROM line_reasons n JOIN line_facts x ON x.source = n.source AND x.remit_no = n.remit_no AND x.svc_no = n.svc_no
  WHERE n.period_max
) w
JOIN line_facts f ON f.claim_source = w.claim_source AND f.claim_no = w.claim_no AND f.role = w.role
WHERE f.allowed > 0 AND NOT f.withdrawn GROUP BY f.claim_source, f.claim_no, f.role;

CREATE OR REPLACE TABLE line_events AS
SELECT f.source, f.remit_no, f.svc_no, f.submitted, f.code, f.allowed, f.patient_share, f.difference,
       f.charge, f.paid, f.units, f.sent_units, f.bundled, f.answers, f.line_no, f.teeth, f.day,
  CASE
    WHEN f.difference <> 0 THEN 'out-of-balance'
    WHEN f.role = 'reversal' OR f.withdrawn THEN 'reversed'
    WHEN f.role = 'predetermination' THEN 'predetermination'
    WHEN f.role IN ('secondary', 'tertiary', 'forwarded') OR n.other_payer THEN 'cob'
    WHEN f.difference IS NULL THEN 'not-classified'
    WHEN b.carrier OR y.carrier THEN 'bundle-target'
    WHEN b.svc_no IS NOT NULL THEN 'bundled-into'
    WHEN f.bundled AND f.allowed = 0 THEN 'bundled-into'
    WHEN f.claim_no IS NOT NULL AND NOT f.answers THEN 'added-by-payer'
    WHEN (n.qualifier OR k.qualifier) AND f.allowed = 0 THEN 'missing-qualifier'
    WHEN n.repeated AND f.allowed = 0 THEN 'duplicate'
    WHEN n.coverage AND f.allowed = 0 THEN 'eligibility-admin'
    WHEN n.not_covered AND f.allowed = 0 THEN 'not-covered'
    WHEN f.units > 0 AND f.units < f.sent_units THEN 'units-capped'
    WHEN n.units OR k.units THEN 'units-capped'
    WHEN n.frequency OR k.frequency THEN 'frequency'
    WHEN n.period_max AND NOT COALESCE(k.limited, FALSE)
      AND (p.low <> f.svc_no OR p.high <> f.svc_no OR g.low <> f.line_no OR g.high <> f.line_no) THEN 'frequency'
    WHEN f.code <> f.submitted AND f.allowed > 0 AND (f.submitted LIKE 'D07%' OR f.submitted LIKE 'D038%') THEN 'remapped'
    WHEN f.code <> f.submitted AND f.allowed > 0 THEN 'downcoded'
    WHEN n.alternate AND f.allowed > 0 THEN 'downcoded'
    WHEN n.information AND f.allowed = 0 THEN 'info-request'
    WHEN n.maximum OR n.period_max THEN 'max-reached'
    WHEN f.allowed > 0 AND f.allowed < f.charge THEN 'paid-reduced'
    WHEN f.allowed > 0 THEN 'paid'
    ELSE 'not-classified' END AS event,
  CASE WHEN b.svc_no IS NOT NULL THEN b.target
       WHEN f.bundled AND f.allowed = 0 THEN
         CASE WHEN a.named THEN a.target WHEN h.hosts = 1 THEN h.code WHEN h.hosts > 1 THEN ''
              WHEN a.svc_no IS NOT NULL THEN a.target
              ELSE COALESCE(c.code, d.code, CASE WHEN f.code <> f.submitted THEN f.code ELSE '' END) END
       WHEN f.code <> f.submitted THEN f.code ELSE '' END AS target
FROM line_facts f
LEFT JOIN line_reasons n ON n.source = f.source AND n.remit_no = f.remit_no AND n.svc_no = f.svc_no
LEFT JOIN line_remarks k ON k.source = f.source AND k.remit_no = f.remit_no AND k.svc_no = f.svc_no
LEFT JOIN bundle_lines b ON b.source = f.source AND b.remit_no = f.remit_no AND b.svc_no = f.svc_no
LEFT JOIN across_members a ON a.source = f.source AND a.remit_no = f.remit_no AND a.svc_no = f.svc_no
LEFT JOIN (SELECT source, remit_no, svc_no, carrier FROM across_lines WHERE carrier) y
  ON y.source = f.source AND y.remit_no = f.remit_no AND y.svc_no = f.svc_no
LEFT JOIN line_hosts h ON h.source = f.source AND h.remit_no = f.remit_no AND h.svc_no = f.svc_no
LEFT JOIN companions c ON c.source = f.source AND c.remit_no = f.remit_no
LEFT JOIN claim_companions d ON d.claim_source = f.claim_source AND d.claim_no = f.claim_no AND d.role = f.role
LEFT JOIN paying p ON p.source = f.source AND p.remit_no = f.remit_no
LEFT JOIN claim_paying g ON g.claim_source = f.claim_source AND g.claim_no = f.claim_no AND g.role = f.role;

-- What only led here makes room.
DROP TABLE companions;
DROP TABLE claim_companions;
DROP TABLE paying;
DROP TABLE claim_paying;
DROP TABLE line_reasons;
DROP TABLE line_remarks;
