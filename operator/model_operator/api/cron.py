"""What a cron line and a time zone may look like, as rules that the API server evaluates.

`ScheduleTrigger` declares them. They see the text alone, so a line that is well formed and yet never true may pass;
`core.cron.schedule_problem` finds those. The dialect is Debian's cron with what `cronsim` adds: the last day (`L`) or
working day (`LW`) of a month, the last (`5L`) or n-th (`1#2`) such weekday of a month. No seconds, no `@daily`.
"""

from model_operator.api.rules import Rule

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_WEEKDAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"


def _list_of(value: str, also: str = "") -> str:
    """A comma-separated list of `*`, values and ranges, each with or without a step, and of what else is allowed."""
    item = f"(([*]|({value})(-({value}))?)(/[1-9][0-9]?)?{also})"
    return f"{item}(,{item})*"


# RE2, which CEL uses, and Python read this alike.
CRON_LINE = (
    "(?i)^"
    + " ".join(
        (
            _list_of("[0-5]?[0-9]"),
            _list_of("[01]?[0-9]|2[0-3]"),
            _list_of("0?[1-9]|[12][0-9]|3[01]", "|LW?"),
            _list_of(f"0?[1-9]|1[0-2]|{_MONTHS}"),
            _list_of(f"[0-7]|{_WEEKDAYS}", f"|[0-7]L|([0-7]|{_WEEKDAYS})#[1-5]"),
        )
    )
    + "$"
)

# The 30th or 31st of February, the 31st of a month of 30 days; a day of week that does not begin with `*` is an "or".
_LATE = "3[01]([,-]3[01])* (0?2|FEB)(,(0?2|FEB))*"
_SHORT = "(0?[2469]|11|FEB|APR|JUN|SEP|NOV)"
IMPOSSIBLE_DAY = f"(?i)^[^ ]+ [^ ]+ ({_LATE}|31([,-]31)* {_SHORT}(,{_SHORT})*) [*]"

TIME_ZONE = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"

NOT_A_CRON_LINE = (
    "`cron` must be five fields with one space between them: minute 0-59, hour 0-23, day of month 1-31, month 1-12, "
    "day of week 0-7 (0 and 7 are Sunday); `0 3 * * 1` is Mondays at 3:00, and `0 0 * * *` stands for @daily"
)
NO_SUCH_DAY = "`cron` asks for a day that no such month has: it would never be due"
NOT_A_TIME_ZONE = "`timeZone` must be a name of the IANA time zone database, for example Europe/Berlin or UTC"
ONE_OF_TWO = "set `interval` or `cron`, not both"


def needs_cron(field: str) -> str:
    """Why a field that only says more about `cron` is refused without it."""
    return f"`{field}` has a meaning only with `cron`: set `cron` or leave `{field}` out"


CRON_RULES = (
    Rule("!(has(self.interval) && has(self.cron))", ONE_OF_TWO, ".cron"),
    Rule("!has(self.timeZone) || has(self.cron)", needs_cron("timeZone"), ".timeZone"),
    Rule("!has(self.startingDeadline) || has(self.cron)", needs_cron("startingDeadline"), ".startingDeadline"),
    Rule(f"!has(self.cron) || self.cron.matches(r'{CRON_LINE}')", NOT_A_CRON_LINE, ".cron"),
    Rule(f"!has(self.cron) || !self.cron.matches(r'{IMPOSSIBLE_DAY}')", NO_SUCH_DAY, ".cron"),
    # CEL has no list of zones; asking for an hour in one that does not exist is an error, and that refuses the object.
    Rule(
        f"!has(self.timeZone) || self.timeZone != 'Local' && self.timeZone.matches(r'{TIME_ZONE}')"
        " && timestamp('2026-01-01T00:00:00Z').getHours(self.timeZone) >= 0",
        NOT_A_TIME_ZONE,
        ".timeZone",
    ),
)
