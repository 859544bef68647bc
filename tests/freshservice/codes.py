"""The API's numeric codes and their names, and the Rails names of time zones."""

TICKET_STATUS = {
    2: "Open",
    3: "Pending",
    4: "Resolved",
    5: "Closed",
    6: "In Progress",
    7: "Awaiting Vendor",
}  # 6, 7: the site's own
PENDING = {3, 7}
RESOLVED, CLOSED = 4, 5
PRIORITY = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCE = {1: "Email", 2: "Portal", 3: "Phone", 4: "Chat", 9: "Walkup"}
PROBLEM_STATUS = {1: "Open", 2: "Change Requested", 3: "Closed"}
CHANGE_STATUS = {
    1: "Open",
    2: "Planning",
    3: "Approval",
    4: "Pending Release",
    5: "Pending Review",
    6: "Closed",
    7: "Failed",
}
CHANGE_TYPE = {1: "Minor", 2: "Standard", 3: "Major", 4: "Emergency"}
CHANGE_RISK = {1: "Low", 2: "Medium", 3: "High", 4: "Very High"}

RAILS_ZONES = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Amsterdam": "Europe/Amsterdam",
    "London": "Europe/London",
    "Seoul": "Asia/Seoul",
    "Chennai": "Asia/Kolkata",
    "UTC": "Etc/UTC",
}

RESPOND_WITHIN_S = {1: 64_800, 2: 21_600, 3: 7_200, 4: 3_600}
RESOLVE_WITHIN_S = {1: 259_200, 2: 86_400, 3: 28_800, 4: 14_400}


def code_of(codes: dict[int, str], name: str) -> int:
    return next(code for code, known in codes.items() if known == name)
