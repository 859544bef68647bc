-- name: core.today
-- grain: one row
-- kind: table
-- description: The instant for which the warehouse speaks (as_of) and its day, month and quarter in the reporting time zone.
-- owner: core
-- audits: not_null(today)
select {{as_of}}::timestamp as as_of, reporting_date({{as_of}}) as today,
  date_trunc('month', reporting_date({{as_of}}))::date as month,
  date_trunc('quarter', reporting_date({{as_of}}))::date as quarter
