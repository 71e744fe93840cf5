-- Lines of one claim payment that were paid together.
-- A bundle has a target: the code of the line that carries the money. Exact: raised by the others' charges (94 below
-- zero). Inferred: several lines answer with one code that was not theirs, or the payer added the line, or one line answers
-- with another code, and lines that such a code is known to include, or that it was raised for, were included in something.
-- Where the money is on a line that keeps its code (a photograph in an examination), it is a bundle if that line was raised
-- by the charges of the others: exact where they were answered with its code, inferred where they kept their own.
CREATE OR REPLACE TABLE raised_lines AS
SELECT f.source, f.remit_no, f.svc_no, f.code,
       SUM(CASE WHEN m.code = f.code AND m.code <> m.submitted THEN m.charge ELSE 0 END) AS renamed,
       SUM(CASE WHEN m.code = m.submitted THEN m.charge ELSE 0 END) AS kept, MAX(n.carried) AS carried
FROM line_facts f
JOIN (SELECT source, remit_no FROM line_facts WHERE carries GROUP BY source, remit_no HAVING COUNT(*) = 1) one
  ON one.source = f.source AND one.remit_no = f.remit_no
JOIN line_reasons n ON n.source = f.source AND n.remit_no = f.remit_no AND n.svc_no = f.svc_no
JOIN line_facts m ON m.source = f.source AND m.remit_no = f.remit_no AND m.svc_no <> f.svc_no AND m.bundled AND m.allowed = 0
WHERE f.carries AND f.code = f.submitted AND f.difference = 0
GROUP BY f.source, f.remit_no, f.svc_no, f.code;

CREATE OR REPLACE TABLE included_in AS
SELECT member, host FROM (VALUES {included}) AS pairs(member, host);

CREATE OR REPLACE TABLE changed_carriers AS
SELECT f.source, f.remit_no, MIN(f.svc_no) AS svc_no, MIN(f.code) AS code, MIN(f.submitted) AS submitted, MIN(f.charge) AS charge,
       MIN(f.allowed) AS allowed
FROM line_facts f
LEFT JOIN line_reasons n ON n.source = f.source AND n.remit_no = f.remit_no AND n.svc_no = f.svc_no
WHERE f.code <> f.submitted AND f.allowed > 0 AND NOT COALESCE(n.alternate, FALSE)
GROUP BY f.source, f.remit_no HAVING COUNT(*) = 1;

CREATE OR REPLACE TABLE changed_members AS
SELECT DISTINCT c.source, c.remit_no, c.svc_no AS carrier, c.code AS target, f.svc_no
FROM changed_carriers c
JOIN line_facts f ON f.source = c.source AND f.remit_no = c.remit_no AND f.svc_no <> c.svc_no
LEFT JOIN included_in i ON i.member = f.submitted AND SUBSTRING(c.code, 1, LENGTH(i.host)) = i.host
LEFT JOIN included_in own ON own.member = f.submitted AND SUBSTRING(c.submitted, 1, LENGTH(own.host)) = own.host
WHERE own.member IS NULL AND f.bundled AND f.allowed = 0 AND f.code = f.submitted AND f.line_no IS NOT NULL
  AND (i.member IS NOT NULL OR c.allowed > c.charge);

CREATE OR REPLACE TABLE bundle_targets AS
SELECT source, remit_no, code AS target, svc_no AS carrier, CASE WHEN kept = 0 THEN 'exact' ELSE 'inferred' END AS quality,
       FALSE AS added, kept > 0 AS gathers
FROM raised_lines WHERE renamed + kept = carried AND (kept = 0 OR renamed = 0)
UNION ALL
SELECT source, remit_no, code AS target, MIN(svc_no) AS carrier, 'exact' AS quality, FALSE AS added, FALSE
FROM line_facts WHERE carries AND code <> submitted GROUP BY source, remit_no, code
UNION ALL
SELECT f.source, f.remit_no, f.code, MIN(f.svc_no), 'inferred', FALSE, FALSE
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
SELECT f.source, f.remit_no, f.code, MIN(f.svc_no), 'inferred', TRUE, FALSE
FROM line_facts f
JOIN (SELECT source, remit_no FROM line_facts WHERE bundled AND allowed = 0 AND code = submitted AND line_no IS NOT NULL
      GROUP BY source, remit_no) b ON b.source = f.source AND b.remit_no = f.remit_no
JOIN (SELECT source, remit_no FROM line_facts WHERE allowed > 0 AND claim_no IS NOT NULL AND NOT answers
      GROUP BY source, remit_no HAVING COUNT(*) = 1) o
  ON o.source = f.source AND o.remit_no = f.remit_no
WHERE f.claim_no IS NOT NULL AND NOT f.answers AND f.unsaid AND f.allowed > 0
GROUP BY f.source, f.remit_no, f.code
UNION ALL
SELECT m.source, m.remit_no, m.target, m.carrier, 'inferred', FALSE, FALSE
FROM changed_members m
LEFT JOIN (SELECT DISTINCT source, remit_no, code FROM line_facts WHERE code <> submitted AND (carries OR (bundled AND allowed = 0))) e
  ON e.source = m.source AND e.remit_no = m.remit_no AND e.code = m.target
WHERE e.source IS NULL
GROUP BY m.source, m.remit_no, m.target, m.carrier;

CREATE OR REPLACE TABLE likely_lines AS
SELECT f.source, f.remit_no, f.svc_no, t.target, t.quality, f.svc_no = t.carrier AS carrier, t.added, t.carrier AS paid_on
FROM bundle_targets t
JOIN line_facts f ON f.source = t.source AND f.remit_no = t.remit_no
LEFT JOIN changed_members m
  ON m.source = f.source AND m.remit_no = f.remit_no AND m.svc_no = f.svc_no AND m.carrier = t.carrier AND m.target = t.target
WHERE (f.svc_no = t.carrier OR (f.code = t.target AND f.code <> f.submitted AND f.bundled) OR m.svc_no IS NOT NULL
      OR ((t.added OR t.gathers) AND f.bundled AND f.allowed = 0 AND f.code = f.submitted AND f.line_no IS NOT NULL));

-- A line is in one bundle. Where two may have it, the exact one does; of what was inferred nobody can say, and neither is one.
CREATE OR REPLACE TABLE contested AS
SELECT DISTINCT a.source, a.remit_no, a.target, a.added, a.paid_on
FROM likely_lines a
JOIN likely_lines b ON b.source = a.source AND b.remit_no = a.remit_no AND b.svc_no = a.svc_no
WHERE a.quality = 'inferred' AND (a.target <> b.target OR a.quality <> b.quality OR a.added <> b.added OR a.paid_on <> b.paid_on);

CREATE OR REPLACE TABLE bundle_lines AS
SELECT f.source, f.remit_no, f.svc_no, f.target, f.quality, f.carrier, f.added
FROM likely_lines f
LEFT JOIN contested c
  ON c.source = f.source AND c.remit_no = f.remit_no AND c.target = f.target AND c.added = f.added AND c.paid_on = f.paid_on
WHERE c.source IS NULL OR f.quality = 'exact';

-- The members are lines that were submitted: a line that the payer added carries the bundle and is none of them.
CREATE OR REPLACE TABLE bundles AS
SELECT source, remit_no, STRING_AGG(CAST(svc_no AS VARCHAR), ',' ORDER BY svc_no) AS members, target, quality
FROM bundle_lines WHERE NOT (added AND carrier)
GROUP BY source, remit_no, target, quality, added HAVING COUNT(*) > 1 OR added;

-- What only led here makes room.
DROP TABLE raised_lines;
DROP TABLE changed_carriers;
DROP TABLE changed_members;
DROP TABLE likely_lines;
DROP TABLE contested;
