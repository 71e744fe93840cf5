-- What was submitted, each claim once: one sent twice in the same words is one claim (the earliest, then by source).
CREATE OR REPLACE TABLE claim_shapes AS
SELECT l.source, l.claim_no, SUM(l.charge) AS total, SUM(l.units) AS units, MIN(l.code) AS low, MAX(l.code) AS high,
       MIN(l.ref6r) AS first_ref, MAX(l.ref6r) AS last_ref
FROM claim_lines l GROUP BY l.source, l.claim_no;

CREATE OR REPLACE TABLE known_claims AS
SELECT * FROM (
  SELECT c.source, c.claim_no, c.clm01, c.charge, c.frequency, c.predetermination, c.payer_id, c.payer_seq, c.name_key, c.last_key,
         c.member_key, c.first_day, c.last_day, c.sent, c.original_ref, c.lines,
         UPPER(REPLACE(c.clm01, '/', '-')) AS folded,
         SUBSTRING(UPPER(REPLACE(c.clm01, '/', '-')), 1, 17) AS head,
         ROW_NUMBER() OVER (
           PARTITION BY c.clm01, c.charge, c.frequency, c.predetermination, c.payer_id, c.payer_seq, c.name_key, c.member_key,
                        c.first_day, c.last_day, c.lines, c.original_ref, s.total, s.units, s.low, s.high, s.first_ref, s.last_ref
           ORDER BY c.sent NULLS LAST, c.source, c.claim_no
         ) AS copy_no
  FROM claims c LEFT JOIN claim_shapes s ON s.source = c.source AND s.claim_no = c.claim_no
) every_copy WHERE copy_no = 1;

CREATE OR REPLACE TABLE known_payers AS
SELECT DISTINCT payer_id FROM claims WHERE payer_id <> '';
