-- Which submitted line each paid line answers, inside the claim that was found.
CREATE OR REPLACE TABLE paid_lines AS
SELECT x.source, x.remit_no, x.svc_no, x.code, x.sent_code, COALESCE(NULLIF(x.sent_code, ''), x.code) AS billed,
       ABS(x.charge) AS amount, x.sent_units, x.ref6r, x.first_day, m.claim_source, m.claim_no
FROM remit_lines x JOIN remit_matches m ON m.source = x.source AND m.remit_no = x.remit_no
WHERE m.method IS NOT NULL;

-- One control number on lines with different codes: the payer mixed them up, none of this payment is believed.
CREATE OR REPLACE TABLE distrusted AS
SELECT DISTINCT x.source, x.remit_no
FROM (SELECT source, remit_no, ref6r FROM paid_lines WHERE ref6r <> ''
      GROUP BY source, remit_no, ref6r HAVING COUNT(*) > 1) several
JOIN paid_lines x ON x.source = several.source AND x.remit_no = several.remit_no AND x.ref6r = several.ref6r
GROUP BY x.source, x.remit_no, x.ref6r HAVING COUNT(DISTINCT x.billed) > 1;

CREATE OR REPLACE TABLE by_number AS
SELECT x.source, x.remit_no, x.svc_no, MIN(l.line_no) AS line_no, '6r' AS method
FROM paid_lines x
JOIN claim_lines l ON l.source = x.claim_source AND l.claim_no = x.claim_no AND l.ref6r = x.ref6r
LEFT JOIN distrusted d ON d.source = x.source AND d.remit_no = x.remit_no
WHERE x.ref6r <> '' AND d.source IS NULL AND (l.code = x.billed OR l.charge = x.amount)
GROUP BY x.source, x.remit_no, x.svc_no HAVING COUNT(*) = 1
UNION ALL
SELECT x.source, x.remit_no, x.svc_no, MIN(l.line_no), 'lx'
FROM paid_lines x
JOIN (SELECT claim_source, claim_no FROM remit_matches WHERE method IS NOT NULL AND role = 'primary'
      GROUP BY claim_source, claim_no HAVING COUNT(*) > 1) split
  ON split.claim_source = x.claim_source AND split.claim_no = x.claim_no
JOIN claim_lines l ON l.source = x.claim_source AND l.claim_no = x.claim_no AND l.lx = TRY_CAST(x.ref6r AS BIGINT)
LEFT JOIN distrusted d ON d.source = x.source AND d.remit_no = x.remit_no
WHERE x.ref6r <> '' AND l.ref6r = '' AND d.source IS NULL AND l.code = x.billed AND l.charge = x.amount
GROUP BY x.source, x.remit_no, x.svc_no HAVING COUNT(*) = 1;

CREATE OR REPLACE TABLE open_lines AS
SELECT x.* FROM paid_lines x
LEFT JOIN by_number b ON b.source = x.source AND b.remit_no = x.remit_no AND b.svc_no = x.svc_no
WHERE b.source IS NULL;

CREATE OR REPLACE TABLE free_lines AS
SELECT o.source, o.remit_no, l.line_no, l.code, l.charge, l.units, l.first_day, l.last_day
FROM (SELECT DISTINCT source, remit_no, claim_source, claim_no FROM open_lines) o
JOIN claim_lines l ON l.source = o.claim_source AND l.claim_no = o.claim_no
LEFT JOIN by_number b ON b.source = o.source AND b.remit_no = o.remit_no AND b.line_no = l.line_no
WHERE b.source IS NULL;

-- Code, charge, units and date; each round keeps what fits one to one, and passes the rest on.
CREATE OR REPLACE TABLE pairs_1 AS
SELECT * FROM (
  SELECT x.source, x.remit_no, x.svc_no, l.line_no,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, x.svc_no) AS of_paid,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, l.line_no) AS of_sent
  FROM open_lines x JOIN free_lines l ON l.source = x.source AND l.remit_no = x.remit_no
   AND l.code = x.billed AND l.charge = x.amount AND l.units = x.sent_units
  WHERE x.first_day IS NULL OR l.first_day IS NULL OR (l.first_day <= x.first_day AND x.first_day <= l.last_day)
) p WHERE of_paid = 1 AND of_sent = 1;

CREATE OR REPLACE TABLE pairs_2 AS
SELECT * FROM (
  SELECT x.source, x.remit_no, x.svc_no, l.line_no,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, x.svc_no) AS of_paid,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, l.line_no) AS of_sent
  FROM open_lines x JOIN free_lines l ON l.source = x.source AND l.remit_no = x.remit_no
   AND l.code = x.billed AND l.charge = x.amount
  LEFT JOIN pairs_1 a ON a.source = x.source AND a.remit_no = x.remit_no AND a.svc_no = x.svc_no
  LEFT JOIN pairs_1 b ON b.source = x.source AND b.remit_no = x.remit_no AND b.line_no = l.line_no
  WHERE a.source IS NULL AND b.source IS NULL
) p WHERE of_paid = 1 AND of_sent = 1;

CREATE OR REPLACE TABLE pairs_12 AS
SELECT source, remit_no, svc_no, line_no FROM pairs_1
UNION ALL SELECT source, remit_no, svc_no, line_no FROM pairs_2;

-- Where as many lines are left on both sides, each paid line answers one of them: the code alone may then tell which
-- (a denied line may come back with no charge), or, where the payer changed the code without saying, the charge alone.
CREATE OR REPLACE TABLE rest_paid AS
SELECT x.*, COUNT(*) OVER (PARTITION BY x.source, x.remit_no) AS many FROM open_lines x
LEFT JOIN pairs_12 a ON a.source = x.source AND a.remit_no = x.remit_no AND a.svc_no = x.svc_no
WHERE a.source IS NULL;

CREATE OR REPLACE TABLE rest_sent AS
SELECT l.*, COUNT(*) OVER (PARTITION BY l.source, l.remit_no) AS many FROM free_lines l
LEFT JOIN pairs_12 a ON a.source = l.source AND a.remit_no = l.remit_no AND a.line_no = l.line_no
WHERE a.source IS NULL;

CREATE OR REPLACE TABLE pairs_3 AS
SELECT source, remit_no, svc_no, line_no FROM (
  SELECT x.source, x.remit_no, x.svc_no, l.line_no,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, x.svc_no) AS of_paid,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, l.line_no) AS of_sent
  FROM rest_paid x JOIN rest_sent l ON l.source = x.source AND l.remit_no = x.remit_no AND l.many = x.many
   AND l.code = x.billed
  WHERE x.amount = 0
) p WHERE of_paid = 1 AND of_sent = 1
UNION ALL
SELECT source, remit_no, svc_no, line_no FROM (
  SELECT x.source, x.remit_no, x.svc_no, l.line_no, x.sent_code, x.code, l.code AS submitted,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, x.svc_no) AS of_paid,
         COUNT(*) OVER (PARTITION BY x.source, x.remit_no, l.line_no) AS of_sent
  FROM rest_paid x JOIN rest_sent l ON l.source = x.source AND l.remit_no = x.remit_no AND l.many = x.many
   AND l.charge = x.amount
  WHERE x.amount > 0
) p WHERE of_paid = 1 AND of_sent = 1 AND sent_code IN ('', code) AND code <> submitted
UNION ALL
-- One paid line is left, with the charges of all that are left: it answers the one that has its code.
SELECT x.source, x.remit_no, MIN(x.svc_no), MIN(l.line_no)
FROM rest_paid x
JOIN (SELECT source, remit_no, SUM(charge) AS charge FROM rest_sent GROUP BY source, remit_no) s
  ON s.source = x.source AND s.remit_no = x.remit_no AND s.charge = x.amount
JOIN rest_sent l ON l.source = x.source AND l.remit_no = x.remit_no AND l.code = x.billed
WHERE x.many = 1 AND l.many > 1 AND x.amount > 0
GROUP BY x.source, x.remit_no HAVING COUNT(*) = 1;

CREATE OR REPLACE TABLE line_matches AS
SELECT x.source, x.remit_no, x.svc_no, x.claim_source, x.claim_no, f.line_no, l.lx,
       CASE WHEN f.method IS NOT NULL THEN f.method WHEN t.svc_no IS NOT NULL THEN 'ambiguous' END AS method,
       NULLIF(l.code, '') AS submitted_code, x.amount > l.charge AS raised, l.teeth, COALESCE(l.first_day, x.first_day) AS day
FROM paid_lines x
LEFT JOIN (
  SELECT source, remit_no, svc_no, line_no, method FROM by_number
  UNION ALL SELECT source, remit_no, svc_no, line_no, 'assigned' FROM pairs_12
  UNION ALL SELECT source, remit_no, svc_no, line_no, 'assigned' FROM pairs_3
) f ON f.source = x.source AND f.remit_no = x.remit_no AND f.svc_no = x.svc_no
LEFT JOIN claim_lines l ON l.source = x.claim_source AND l.claim_no = x.claim_no AND l.line_no = f.line_no
LEFT JOIN (
  SELECT DISTINCT x.source, x.remit_no, x.svc_no FROM rest_paid x
  JOIN rest_sent l ON l.source = x.source AND l.remit_no = x.remit_no AND (l.code = x.billed)
) t ON t.source = x.source AND t.remit_no = x.remit_no AND t.svc_no = x.svc_no;

-- What only led here makes room.
DROP TABLE paid_lines;
DROP TABLE by_number;
DROP TABLE open_lines;
DROP TABLE free_lines;
DROP TABLE pairs_1;
DROP TABLE pairs_2;
DROP TABLE pairs_12;
DROP TABLE pairs_3;
DROP TABLE rest_paid;
DROP TABLE rest_sent;
