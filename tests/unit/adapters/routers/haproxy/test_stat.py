"""HAProxy's answers are read strictly: what is strange is an error, never a zero."""

import pytest

from verdigris.adapters.routers.haproxy import stat
from verdigris.core.errors import ObservationError

STAT = "# pxname,svname,scur,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,\n"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (stat.map_in, "Unknown map identifier. Please use #<id> or <file>."),
        (stat.seats_in, ""),
        (stat.seats_in, "1\n# be_id be_name srv_id\n5 api"),
        (stat.seats_in, "Can't find backend."),
        (stat.sessions_in, ""),
        (stat.sessions_in, STAT + "api,blue-1,,0,0,0,0,0,0,\n"),
        (stat.sessions_in, STAT + "api,blue-1,-1,0,0,0,0,0,0,\n"),
        (stat.sessions_in, STAT + "api\n"),
        (stat.connections_in, "Unknown command"),
        (stat.held_in, "Unknown command: 'verdigris'"),
        (stat.requests_in, STAT + "api,FRONTEND,0,1,2,3,x,5,6,\n"),
        (stat.traffic_in, "Unknown command"),
        (stat.traffic_in, STAT + "api-blue,BACKEND,0,1,2,3,4,5,6,\n"),
        (stat.long_lived_in, "No such table"),
        (stat.long_lived_in, "# table: api-long, type: string\nnonsense"),
    ],
)
def test_a_strange_answer_is_an_error(read, text):
    with pytest.raises(ObservationError, match="answered `(show|verdigris held)"):
        read(text)


def test_requests_are_the_sum_of_all_that_ended():
    one, other = "front-0,FRONTEND,0,1,2,3,4,5,6,\n", "front-1,FRONTEND,0,1,0,0,0,0,0,\n"
    assert stat.requests_in(f"{STAT}{one}{other}\n") == 22


def test_traffic_is_what_came_in_what_ended_and_what_is_inside():
    names = "# pxname,svname,scur,stot,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,\n"
    assert {"api-blue": (30, 21, 8)} == stat.traffic_in(f"{names}api-blue,BACKEND,8,30,1,2,3,4,5,6,\n")


def test_an_ipv6_address_gets_its_brackets():
    text = "1\n# be_id be_name srv_name srv_addr srv_admin_state srv_port\n1 b s ::1 0 80\n"
    assert stat.seats_in(text)["b", "s"] == stat.Seat("[::1]:80", True)
