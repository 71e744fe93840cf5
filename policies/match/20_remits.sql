-- What was paid, each claim payment once: a remittance sent twice repeats its payment and its numbers, in another
-- interchange. Within one interchange nothing is a repetition: a payer may pay two equal parts.
CREATE OR REPLACE TABLE payments_again AS
SELECT source, payment_no FROM (
  SELECT source, payment_no, MIN(source) OVER same AS first_source, MAX(source) OVER same AS last_source FROM payments
  WINDOW same AS (PARTITION BY trace, payer_tin, payer_id, paid_on)
) p WHERE first_source <> last_source;

CREATE OR REPLACE TABLE remits_again AS
SELECT source, remit_no, FIRST_VALUE(source) OVER same AS first_source, FIRST_VALUE(remit_no) OVER same AS first_remit_no
FROM (
  SELECT r.source, r.remit_no, r.clp01, r.clp02, r.clp07, r.charge, r.paid, p.trace, p.payer_tin, p.payer_id, p.paid_on,
         ROW_NUMBER() OVER (
           PARTITION BY r.source, p.trace, p.payer_tin, p.payer_id, p.paid_on, r.clp01, r.clp02, r.clp07, r.charge, r.paid
           ORDER BY r.remit_no
         ) AS occurrence
  FROM payments_again a
  JOIN payments p ON p.source = a.source AND p.payment_no = a.payment_no
  JOIN remits r ON r.source = p.source AND r.payment_no = p.payment_no
) n
WINDOW same AS (
  PARTITION BY trace, payer_tin, payer_id, paid_on, clp01, clp02, clp07, charge, paid, occurrence ORDER BY source, remit_no
);

CREATE OR REPLACE VIEW paid_claims AS
SELECT r.source, r.remit_no, r.payment_no, r.clp01, r.paid, r.name_key, r.last_key, r.member_key, r.corrected_key,
       r.corrected_name_key, r.first_day, r.last_day, r.lines, r.frequency, p.paid_on,
       ABS(r.charge) AS amount,
       UPPER(REPLACE(r.clp01, '/', '-')) AS folded,
       k.payer_id AS known_payer,
       CASE r.clp02 WHEN '22' THEN 'reversal' WHEN '25' THEN 'predetermination' WHEN '2' THEN 'secondary'
                    WHEN '20' THEN 'secondary' WHEN '3' THEN 'tertiary' WHEN '21' THEN 'tertiary'
                    WHEN '23' THEN 'forwarded' ELSE 'primary' END AS role,
       CASE WHEN a.first_source <> r.source THEN a.first_source END AS duplicate_source,
       CASE WHEN a.first_source <> r.source THEN a.first_remit_no END AS duplicate_remit_no
FROM remits r
JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no
LEFT JOIN known_payers k ON k.payer_id = p.payer_id
LEFT JOIN remits_again a ON a.source = r.source AND a.remit_no = r.remit_no;

-- What only led here makes room.
DROP TABLE payments_again;
