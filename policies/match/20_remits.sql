-- What was paid, each claim payment once: a remittance sent twice repeats its payment and its numbers, in another
-- interchange. Within one interchange nothing is a repetition: a payer may pay two equal parts.
CREATE OR REPLACE TABLE paid_claims AS
SELECT n.*,
       FIRST_VALUE(n.source) OVER same AS first_source,
       FIRST_VALUE(n.remit_no) OVER same AS first_remit_no
FROM (
  SELECT r.source, r.remit_no, r.payment_no, r.clp01, r.clp02, r.clp07, r.charge, r.paid, r.name_key, r.last_key,
         r.member_key, r.corrected_key, r.corrected_name_key, r.first_day, r.last_day, r.original_ref, r.lines,
         p.trace, p.payer_tin, p.payer_id, p.payer_name, p.paid_on, p.payee_npi,
         ABS(r.charge) AS amount,
         UPPER(REPLACE(r.clp01, '/', '-')) AS folded,
         CASE WHEN k.payer_id IS NULL THEN '' ELSE p.payer_id END AS known_payer,
         CASE r.clp02 WHEN '22' THEN 'reversal' WHEN '25' THEN 'predetermination' WHEN '2' THEN 'secondary'
                      WHEN '20' THEN 'secondary' WHEN '3' THEN 'tertiary' WHEN '21' THEN 'tertiary'
                      WHEN '23' THEN 'forwarded' ELSE 'primary' END AS role,
         ROW_NUMBER() OVER (
           PARTITION BY r.source, p.trace, p.payer_tin, p.payer_id, p.paid_on, r.clp01, r.clp02, r.clp07, r.charge, r.paid
           ORDER BY r.remit_no
         ) AS occurrence
  FROM remits r
  JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no
  LEFT JOIN known_payers k ON k.payer_id = p.payer_id
) n
WINDOW same AS (
  PARTITION BY n.trace, n.payer_tin, n.payer_id, n.paid_on, n.clp01, n.clp02, n.clp07, n.charge, n.paid, n.occurrence
  ORDER BY n.source, n.remit_no
);
