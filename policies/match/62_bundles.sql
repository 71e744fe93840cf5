-- Lines of one claim payment that were paid together.
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
JOIN (SELECT source, remit_no FROM line_facts WHERE allowed > 0 AND claim_no IS NOT NULL AND NOT answers
      GROUP BY source, remit_no HAVING COUNT(*) = 1) o
  ON o.source = f.source AND o.remit_no = f.remit_no
WHERE f.claim_no IS NOT NULL AND NOT f.answers AND f.unsaid AND f.allowed > 0
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
