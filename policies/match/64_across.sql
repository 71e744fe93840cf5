-- What a line was included in, where the payer does not pay it in a bundle of its own claim payment: another service of the
-- claim, or one on another claim of the same patient, day, practice and payer, in whatever file.
-- Included in a service that the claim was paid for, of several the one that is known to include such a line.
CREATE OR REPLACE TABLE line_hosts AS
SELECT source, remit_no, svc_no, COUNT(DISTINCT code) AS hosts, MIN(code) AS code FROM (
  SELECT f.source, f.remit_no, f.svc_no, k.code
  FROM line_facts f JOIN included_in i ON i.member = f.submitted
  JOIN line_facts k ON k.source = f.source AND k.remit_no = f.remit_no AND SUBSTRING(k.code, 1, LENGTH(i.host)) = i.host
  WHERE f.bundled AND f.allowed = 0 AND k.allowed > 0 AND k.difference = 0
  UNION ALL
  SELECT f.source, f.remit_no, f.svc_no, k.code
  FROM line_facts f JOIN included_in i ON i.member = f.submitted
  JOIN line_facts k ON k.claim_source = f.claim_source AND k.claim_no = f.claim_no AND k.role = f.role
   AND SUBSTRING(k.code, 1, LENGTH(i.host)) = i.host
  WHERE f.bundled AND f.allowed = 0 AND k.allowed > 0 AND k.difference = 0
    AND f.claim_no IS NOT NULL AND k.claim_no IS NOT NULL AND NOT k.withdrawn
) found GROUP BY source, remit_no, svc_no;

-- Final lines of patients who are known that nothing on their own claim payment was raised for.
CREATE OR REPLACE TABLE across_wanted AS
SELECT f.source, f.remit_no, f.svc_no, f.code, f.submitted, f.charge, r.name_key, r.member_key, p.payee_npi, p.payer_id, p.payer_tin,
       COALESCE(f.first_day, CASE WHEN r.first_day = r.last_day THEN r.first_day END) AS day,
       h.svc_no IS NOT NULL AS hosted
FROM line_facts f
JOIN remit_matches m ON m.source = f.source AND m.remit_no = f.remit_no
JOIN remits r ON r.source = f.source AND r.remit_no = f.remit_no
JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no
LEFT JOIN bundle_lines b ON b.source = f.source AND b.remit_no = f.remit_no AND b.svc_no = f.svc_no
LEFT JOIN line_hosts h ON h.source = f.source AND h.remit_no = f.remit_no AND h.svc_no = f.svc_no
WHERE f.bundled AND f.allowed = 0 AND f.role = 'primary' AND NOT f.withdrawn AND f.difference = 0 AND m.duplicate_source IS NULL
  AND b.svc_no IS NULL AND r.name_key <> '' AND r.member_key <> '' AND p.payee_npi <> ''
  AND (p.payer_id <> '' OR p.payer_tin <> '');

-- What was paid to the same practice by the same payer for these patients.
CREATE OR REPLACE TABLE across_paid AS
SELECT f.source, f.remit_no, f.svc_no, f.code, f.submitted, f.carries, COALESCE(n.carried, 0) AS carried, r.name_key, r.member_key, p.payee_npi,
       p.payer_id, p.payer_tin,
       COALESCE(f.first_day, CASE WHEN r.first_day = r.last_day THEN r.first_day END) AS day
FROM (SELECT DISTINCT name_key, member_key, payee_npi, payer_id, payer_tin FROM across_wanted) w
JOIN remits r ON r.name_key = w.name_key AND r.member_key = w.member_key
JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no AND p.payee_npi = w.payee_npi
 AND p.payer_id = w.payer_id AND p.payer_tin = w.payer_tin
JOIN remit_matches m ON m.source = r.source AND m.remit_no = r.remit_no
JOIN line_facts f ON f.source = r.source AND f.remit_no = r.remit_no
LEFT JOIN line_reasons n ON n.source = f.source AND n.remit_no = f.remit_no AND n.svc_no = f.svc_no
WHERE f.allowed > 0 AND f.role = 'primary' AND NOT f.withdrawn AND f.difference = 0 AND m.duplicate_source IS NULL;

-- The payer named the code that was paid elsewhere (SVC01 is not what was submitted), or it is known to include the line.
CREATE OR REPLACE TABLE across_pairs AS
SELECT DISTINCT m.source, m.remit_no, m.svc_no, m.charge, k.source AS carrier_source, k.remit_no AS carrier_remit_no,
       k.svc_no AS carrier_svc_no, k.code AS target, k.carries, k.carried, m.code <> m.submitted AS named,
       k.code <> k.submitted AS changed
FROM across_wanted m
JOIN across_paid k ON k.name_key = m.name_key AND k.member_key = m.member_key AND k.payee_npi = m.payee_npi
 AND k.payer_id = m.payer_id AND k.payer_tin = m.payer_tin AND k.day = m.day
LEFT JOIN included_in i ON i.member = m.submitted AND SUBSTRING(k.code, 1, LENGTH(i.host)) = i.host
WHERE (k.source <> m.source OR k.remit_no <> m.remit_no)
  AND ((m.code <> m.submitted AND k.code = m.code)
       OR (m.code = m.submitted AND NOT m.hosted AND i.member IS NOT NULL));

-- One line alone may carry it: where several could, the one that was raised; else nobody can say.
CREATE OR REPLACE TABLE across_members AS
SELECT * FROM (
  SELECT p.*, COUNT(*) OVER (PARTITION BY p.source, p.remit_no, p.svc_no) AS possible
  FROM across_pairs p
  JOIN (SELECT source, remit_no, svc_no, MAX(CASE WHEN carries THEN 1 ELSE 0 END) AS raised FROM across_pairs
        GROUP BY source, remit_no, svc_no) best
    ON best.source = p.source AND best.remit_no = p.remit_no AND best.svc_no = p.svc_no
   AND best.raised = CASE WHEN p.carries THEN 1 ELSE 0 END
) narrowed WHERE possible = 1;

-- Exact where the carrier is raised by the charges of all its members, here and elsewhere, to the cent; else inferred.
CREATE OR REPLACE TABLE across_bundles AS
SELECT c.carrier_source, c.carrier_remit_no, c.carrier_svc_no, c.target, c.changed,
       CASE WHEN c.named AND c.carries AND c.carried = c.charges + COALESCE(o.charges, 0) THEN 'exact' ELSE 'inferred' END
         AS quality
FROM (
  SELECT carrier_source, carrier_remit_no, carrier_svc_no, target, MAX(carried) AS carried, SUM(charge) AS charges,
         BOOL_AND(named) AS named, BOOL_AND(carries) AS carries, BOOL_AND(changed) AS changed
  FROM across_members GROUP BY carrier_source, carrier_remit_no, carrier_svc_no, target
) c
LEFT JOIN (
  SELECT b.source, b.remit_no, b.target, SUM(f.charge) AS charges
  FROM bundle_lines b JOIN line_facts f ON f.source = b.source AND f.remit_no = b.remit_no AND f.svc_no = b.svc_no
  WHERE NOT b.carrier GROUP BY b.source, b.remit_no, b.target
) o ON o.source = c.carrier_source AND o.remit_no = c.carrier_remit_no AND o.target = c.target;

-- Every line of a bundle that goes beyond one claim payment; the carrier, too, where its own line was one of them.
CREATE OR REPLACE TABLE across_lines AS
SELECT a.carrier_source, a.carrier_remit_no, a.carrier_svc_no, a.source, a.remit_no, a.svc_no, FALSE AS carrier
FROM across_members a
UNION ALL
SELECT c.carrier_source, c.carrier_remit_no, c.carrier_svc_no, c.carrier_source, c.carrier_remit_no, c.carrier_svc_no, TRUE
FROM across_bundles c WHERE c.changed
UNION ALL
SELECT c.carrier_source, c.carrier_remit_no, c.carrier_svc_no, b.source, b.remit_no, b.svc_no, FALSE
FROM across_bundles c
JOIN bundle_lines b ON b.source = c.carrier_source AND b.remit_no = c.carrier_remit_no AND b.target = c.target
WHERE NOT b.carrier AND b.svc_no <> c.carrier_svc_no;
