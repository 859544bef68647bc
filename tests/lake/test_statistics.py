"""What DuckLake knows of a whole table's values is not relied upon: it is wrong after a file of nothing but NULL."""


def test_no_row_is_left_out(desk):
    desk.load()
    # By the months of one load: those of some files have no problem at all, others have.
    keys = desk.rows("select distinct problem_key from operational.tickets where problem_key is not null")
    desk.load_delta()
    for key in keys:
        by_key = desk.rows(f"select count(*) from operational.tickets where problem_key = {key}")
        assert by_key == desk.rows(f"select count(*) from operational.tickets where problem_key::varchar = '{key}'") != ["0"]
