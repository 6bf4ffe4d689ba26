-- The files of each pipeline by state. The pipeline null has the files that no pipeline loads.
SELECT pipeline, state, count(*) AS count
FROM (SELECT {{file-columns}} FROM file LEFT JOIN task ON task.id = file.task) AS listed
GROUP BY pipeline, state
ORDER BY pipeline NULLS LAST, state
