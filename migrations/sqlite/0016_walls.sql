-- Captchas are waited out, and neither a host nor a page may be asked into them for ever.

alter table host add column captchas     integer not null default 0; -- captcha pages in a row: the third is a refusal
alter table host add column captcha_from integer not null default 0; -- when the day began in which they are counted
alter table host add column captcha_day  integer not null default 0; -- captcha pages since then: a day has an end to them

-- Times that the host turned us away (a captcha, a refusal, "slow down") when this page was asked.
-- No attempt of the page's own, but a page that met many gives way to others, or is given up.
alter table page add column walls integer not null default 0;
