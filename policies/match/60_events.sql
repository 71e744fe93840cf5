-- What became of every paid line: the sums of its adjustments, what they mean, and one class for it.
-- A sum with an amount that was not sent, or cannot be read, is not known: NULL, and never a difference.
-- Allowed is what was paid and the patient's share of it; {allowed_reasons} is ALLOWED_SHARE of edi/remit/balance.py.
CREATE OR REPLACE TABLE line_sums AS
SELECT source, remit_no, svc_no, carries, bundled, other_payer, qualifier, repeated, coverage, not_covered, period_max, frequency, units,
       alternate, information, maximum, contract,
       CASE WHEN amounts = readable THEN adjusted END AS adjusted,
       CASE WHEN amounts = readable THEN patient_share END AS patient_share,
       CASE WHEN amounts = readable THEN allowed_share END AS allowed_share
FROM (
SELECT a.source, a.remit_no, a.svc_no, COUNT(*) AS amounts, COUNT(a.amount) AS readable, SUM(a.amount) AS adjusted,
       SUM(CASE WHEN a.group_code = 'PR' THEN a.amount ELSE 0 END) AS patient_share,
       SUM(CASE WHEN a.group_code = 'PR' AND a.reason IN ({allowed_reasons}) THEN a.amount ELSE 0 END) AS allowed_share,
       SUM(CASE WHEN a.reason = '94' AND a.amount < 0 THEN 1 ELSE 0 END) AS carries,
       SUM(CASE WHEN a.reason IN ('97', '231', '234', '236', 'B10') THEN 1 ELSE 0 END) AS bundled,
       SUM(CASE WHEN a.reason IN ('22', '23') THEN 1 ELSE 0 END) AS other_payer,
       SUM(CASE WHEN a.reason IN ('B15', '107') THEN 1 ELSE 0 END) AS qualifier,
       SUM(CASE WHEN a.reason IN ('18', 'B13') THEN 1 ELSE 0 END) AS repeated,
       SUM(CASE WHEN a.reason IN ('24', '26', '27', '29', '109', '243', 'B7') THEN 1 ELSE 0 END) AS coverage,
       SUM(CASE WHEN a.reason IN ('96', '204') THEN 1 ELSE 0 END) AS not_covered,
       SUM(CASE WHEN a.reason = '119' THEN 1 ELSE 0 END) AS period_max,
       SUM(CASE WHEN a.reason IN ('151', '272', '273', 'B5') THEN 1 ELSE 0 END) AS frequency,
       SUM(CASE WHEN a.reason = '222' THEN 1 ELSE 0 END) AS units,
       SUM(CASE WHEN a.reason IN ('169', '150') THEN 1 ELSE 0 END) AS alternate,
       SUM(CASE WHEN a.reason IN ('16', '252', '163') THEN 1 ELSE 0 END) AS information,
       SUM(CASE WHEN a.reason IN ('35', '149') THEN 1 ELSE 0 END) AS maximum,
       SUM(CASE WHEN a.reason = '45' THEN 1 ELSE 0 END) AS contract
FROM remit_adjustments a GROUP BY a.source, a.remit_no, a.svc_no
) every_sum;

CREATE OR REPLACE TABLE line_remarks AS
SELECT q.source, q.remit_no, q.svc_no,
       MAX(CASE WHEN q.remark IN ('N122', 'N674') THEN 1 ELSE 0 END) AS qualifier,
       MAX(CASE WHEN q.remark IN ('M86', 'M90', 'N640', 'N117', 'N435') THEN 1 ELSE 0 END) AS frequency,
       MAX(CASE WHEN q.remark = 'N362' THEN 1 ELSE 0 END) AS units,
       MAX(CASE WHEN q.remark = 'N23' THEN 1 ELSE 0 END) AS limited,
       MAX(CASE WHEN q.remark = 'N22' THEN 1 ELSE 0 END) AS changed,
       MAX(CASE WHEN q.remark IN ('M15', 'M80', 'N19', 'N20', 'N390', 'N525') THEN 1 ELSE 0 END) AS bundled
FROM remit_remarks q GROUP BY q.source, q.remit_no, q.svc_no;

CREATE OR REPLACE TABLE line_facts AS
SELECT x.source, x.remit_no, x.svc_no, x.code, x.charge, x.paid, x.units, x.sent_units, x.sent_code, x.allowed_sent,
       COALESCE(NULLIF(l.submitted_code, ''), NULLIF(x.sent_code, ''), x.code) AS submitted,
       l.method AS line_method, l.line_no, m.role, m.method, m.claim_source, m.claim_no,
       CASE WHEN s.source IS NULL THEN 0 ELSE s.adjusted END AS adjusted,
       CASE WHEN s.source IS NULL THEN 0 ELSE s.patient_share END AS patient_share,
       x.paid + CASE WHEN s.source IS NULL THEN 0 ELSE s.allowed_share END AS allowed,
       x.charge - CASE WHEN s.source IS NULL THEN 0 ELSE s.adjusted END - x.paid AS difference,
       COALESCE(s.carries, 0) > 0 AS carries,
       COALESCE(s.bundled, 0) > 0 OR (COALESCE(k.bundled, 0) > 0 AND x.paid + CASE WHEN s.source IS NULL THEN 0 ELSE s.allowed_share END = 0) AS bundled,
       COALESCE(s.other_payer, 0) > 0 AS other_payer, COALESCE(k.limited, 0) > 0 AS limited,
       COALESCE(s.qualifier, 0) + COALESCE(k.qualifier, 0) > 0 AS qualifier,
       COALESCE(s.repeated, 0) > 0 AS repeated, COALESCE(s.coverage, 0) > 0 AS coverage,
       COALESCE(s.not_covered, 0) > 0 AS not_covered, COALESCE(s.period_max, 0) > 0 AS period_max,
       COALESCE(s.frequency, 0) + COALESCE(k.frequency, 0) > 0 AS frequency,
       COALESCE(s.units, 0) + COALESCE(k.units, 0) > 0 AS unit_limit,
       COALESCE(s.alternate, 0) > 0 AS alternate, COALESCE(k.changed, 0) > 0 AS changed,
       COALESCE(s.information, 0) > 0 AS information, COALESCE(s.maximum, 0) > 0 AS maximum,
       COALESCE(s.contract, 0) > 0 AS contract,
       v.source IS NOT NULL AS withdrawn
FROM remit_lines x
JOIN remit_matches m ON m.source = x.source AND m.remit_no = x.remit_no
LEFT JOIN line_matches l ON l.source = x.source AND l.remit_no = x.remit_no AND l.svc_no = x.svc_no
LEFT JOIN line_sums s ON s.source = x.source AND s.remit_no = x.remit_no AND s.svc_no = x.svc_no
LEFT JOIN line_remarks k ON k.source = x.source AND k.remit_no = x.remit_no AND k.svc_no = x.svc_no
LEFT JOIN (SELECT DISTINCT reversed_source AS source, reversed_remit_no AS remit_no FROM reversals) v
  ON v.source = x.source AND v.remit_no = x.remit_no;

-- A bundle has a target: the code of the line that carries the money. Exact: raised by the others' charges (94 below
-- zero). Inferred: several lines answer with one code that was not theirs, or the payer added the line.
CREATE OR REPLACE TABLE bundle_targets AS
SELECT source, remit_no, code AS target, MIN(svc_no) AS carrier, 'exact' AS quality, FALSE AS added
FROM line_facts WHERE carries AND code <> submitted GROUP BY source, remit_no, code
UNION ALL
SELECT f.source, f.remit_no, f.code, MIN(f.svc_no), 'inferred', FALSE
FROM line_facts f
LEFT JOIN (SELECT DISTINCT source, remit_no, code FROM line_facts WHERE carries AND code <> submitted) e
  ON e.source = f.source AND e.remit_no = f.remit_no AND e.code = f.code
JOIN (
  SELECT source, remit_no, code FROM line_facts
  WHERE code <> submitted AND (bundled OR allowed > 0)
  GROUP BY source, remit_no, code
  HAVING SUM(CASE WHEN allowed > 0 THEN 1 ELSE 0 END) = 1 AND SUM(CASE WHEN bundled AND allowed = 0 THEN 1 ELSE 0 END) > 0
) g ON g.source = f.source AND g.remit_no = f.remit_no AND g.code = f.code
WHERE e.source IS NULL AND f.code <> f.submitted AND f.allowed > 0
GROUP BY f.source, f.remit_no, f.code
UNION ALL
SELECT f.source, f.remit_no, f.code, MIN(f.svc_no), 'inferred', TRUE
FROM line_facts f
JOIN (SELECT source, remit_no FROM line_facts WHERE bundled AND allowed = 0 AND code = submitted AND line_no IS NOT NULL
      GROUP BY source, remit_no) b ON b.source = f.source AND b.remit_no = f.remit_no
JOIN (SELECT source, remit_no FROM line_facts WHERE allowed > 0 AND method IS NOT NULL AND line_method IS NULL
      GROUP BY source, remit_no HAVING COUNT(*) = 1) o
  ON o.source = f.source AND o.remit_no = f.remit_no
WHERE f.method IS NOT NULL AND f.line_method IS NULL AND f.sent_code = '' AND f.allowed > 0
GROUP BY f.source, f.remit_no, f.code;

CREATE OR REPLACE TABLE bundle_lines AS
SELECT f.source, f.remit_no, f.svc_no, t.target, t.quality, f.svc_no = t.carrier AS carrier, t.added
FROM bundle_targets t
JOIN line_facts f ON f.source = t.source AND f.remit_no = t.remit_no
 AND (f.svc_no = t.carrier OR (f.code = t.target AND f.code <> f.submitted AND f.bundled)
      OR (t.added AND f.bundled AND f.allowed = 0 AND f.code = f.submitted AND f.line_no IS NOT NULL));

-- The members are lines that were submitted: a line that the payer added carries the bundle and is none of them.
CREATE OR REPLACE TABLE bundles AS
SELECT source, remit_no, STRING_AGG(CAST(svc_no AS VARCHAR), ',' ORDER BY svc_no) AS members, target, quality
FROM bundle_lines WHERE NOT (added AND carrier)
GROUP BY source, remit_no, target, quality, added HAVING COUNT(*) > 1 OR added;

-- The service that a bundled line went into where no code was changed: the one that was paid on the same claim, if one.
CREATE OR REPLACE TABLE companions AS
SELECT f.source, f.remit_no, MIN(f.code) AS code FROM line_facts f
WHERE f.allowed > 0 AND f.difference = 0 GROUP BY f.source, f.remit_no HAVING COUNT(DISTINCT f.code) = 1;

CREATE OR REPLACE TABLE claim_companions AS
SELECT f.claim_source, f.claim_no, f.role, MIN(f.code) AS code FROM line_facts f
WHERE f.allowed > 0 AND f.difference = 0 AND f.method IS NOT NULL AND NOT f.withdrawn
GROUP BY f.claim_source, f.claim_no, f.role HAVING COUNT(DISTINCT f.code) = 1;

CREATE OR REPLACE TABLE paying AS
SELECT DISTINCT source, remit_no FROM line_facts WHERE allowed > 0;

CREATE OR REPLACE TABLE line_events AS
SELECT f.source, f.remit_no, f.svc_no, f.submitted, f.code, f.allowed, f.patient_share, f.difference, f.role,
  CASE
    WHEN f.difference <> 0 THEN 'out-of-balance'
    WHEN f.role = 'reversal' OR f.withdrawn THEN 'reversed'
    WHEN f.role = 'predetermination' THEN 'predetermination'
    WHEN f.role IN ('secondary', 'tertiary', 'forwarded') OR f.other_payer THEN 'cob'
    WHEN f.difference IS NULL THEN 'not-classified'
    WHEN b.carrier THEN 'bundle-target'
    WHEN b.svc_no IS NOT NULL THEN 'bundled-into'
    WHEN f.bundled AND f.allowed = 0 THEN 'bundled-into'
    WHEN f.method IS NOT NULL AND f.line_method IS NULL THEN 'added-by-payer'
    WHEN f.qualifier AND f.allowed = 0 THEN 'missing-qualifier'
    WHEN f.repeated AND f.allowed = 0 THEN 'duplicate'
    WHEN f.coverage AND f.allowed = 0 THEN 'eligibility-admin'
    WHEN f.not_covered AND f.allowed = 0 THEN 'not-covered'
    WHEN f.units > 0 AND f.units < f.sent_units THEN 'units-capped'
    WHEN f.unit_limit THEN 'units-capped'
    WHEN f.frequency THEN 'frequency'
    WHEN f.period_max AND NOT f.limited AND p.source IS NOT NULL THEN 'frequency'
    WHEN f.code <> f.submitted AND f.allowed > 0 AND (f.submitted LIKE 'D07%' OR f.submitted LIKE 'D038%') THEN 'remapped'
    WHEN f.code <> f.submitted AND f.allowed > 0 THEN 'downcoded'
    WHEN f.alternate AND f.allowed > 0 THEN 'downcoded'
    WHEN f.information AND f.allowed = 0 THEN 'info-request'
    WHEN f.maximum OR f.period_max THEN 'max-reached'
    WHEN f.allowed > 0 AND f.allowed < f.charge THEN 'paid-reduced'
    WHEN f.allowed > 0 THEN 'paid'
    ELSE 'not-classified' END AS event,
  CASE WHEN b.svc_no IS NOT NULL THEN b.target
       WHEN f.bundled AND f.allowed = 0 THEN COALESCE(c.code, d.code, '')
       WHEN f.code <> f.submitted THEN f.code ELSE '' END AS target
FROM line_facts f
LEFT JOIN bundle_lines b ON b.source = f.source AND b.remit_no = f.remit_no AND b.svc_no = f.svc_no
LEFT JOIN companions c ON c.source = f.source AND c.remit_no = f.remit_no
LEFT JOIN claim_companions d ON d.claim_source = f.claim_source AND d.claim_no = f.claim_no AND d.role = f.role
LEFT JOIN paying p ON p.source = f.source AND p.remit_no = f.remit_no;
