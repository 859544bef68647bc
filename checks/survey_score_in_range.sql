-- name: survey_score_in_range
-- severity: warn
-- entity: surveys
-- description: A score lies between 0 and the most points that could be given.
-- what_to_do: Check the mapping of score and max_score. The answer counts neither as satisfied nor as dissatisfied.
select t.id, t.source, 'score' as field, t.score::varchar as value, 'Score is outside 0 to ' || t.max_score as message
from {{source}} t
where {{changed(t.key)}} and (t.score < 0 or t.score > t.max_score)
