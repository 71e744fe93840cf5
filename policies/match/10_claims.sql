-- What was submitted, each claim once: one sent twice in the same words is one claim (the earliest, then by source).
-- Claims whose number was sent once are none of these, and are not compared.
CREATE OR REPLACE TABLE numbers_again AS
SELECT c.source, c.claim_no
FROM (SELECT clm01 FROM claims GROUP BY clm01 HAVING COUNT(*) > 1) n JOIN claims c ON c.clm01 = n.clm01;

CREATE OR REPLACE TABLE claim_copies AS
SELECT source, claim_no FROM (
  SELECT c.source, c.claim_no,
         ROW_NUMBER() OVER (
           PARTITION BY c.clm01, c.charge, c.frequency, c.predetermination, c.payer_id, c.payer_seq, c.name_key, c.member_key,
                        c.first_day, c.last_day, c.lines, c.original_ref, s.total, s.units, s.low, s.high, s.first_ref, s.last_ref
           ORDER BY c.sent NULLS LAST, c.source, c.claim_no
         ) AS copy_no
  FROM numbers_again n
  JOIN claims c ON c.source = n.source AND c.claim_no = n.claim_no
  LEFT JOIN (
    SELECT l.source, l.claim_no, SUM(l.charge) AS total, SUM(l.units) AS units, MIN(l.code) AS low, MAX(l.code) AS high,
           MIN(l.ref6r) AS first_ref, MAX(l.ref6r) AS last_ref
    FROM numbers_again n JOIN claim_lines l ON l.source = n.source AND l.claim_no = n.claim_no
    GROUP BY l.source, l.claim_no
  ) s ON s.source = c.source AND s.claim_no = c.claim_no
) every_copy WHERE copy_no > 1;

CREATE OR REPLACE VIEW known_claims AS
SELECT c.source, c.claim_no, c.clm01, c.charge, c.frequency, c.predetermination, c.payer_id, c.payer_seq, c.name_key, c.last_key,
       c.member_key, c.first_day, c.last_day, c.sent, c.lines, UPPER(REPLACE(c.clm01, '/', '-')) AS folded
FROM claims c LEFT JOIN claim_copies d ON d.source = c.source AND d.claim_no = c.claim_no
WHERE d.source IS NULL;

CREATE OR REPLACE TABLE known_payers AS
SELECT DISTINCT payer_id FROM claims WHERE payer_id <> '';

-- What only led here makes room.
DROP TABLE numbers_again;
