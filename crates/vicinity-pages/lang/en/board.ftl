# The hub's board.

board-title = Who needs help now
board-below = Open incidents, most urgent first: within each level those in danger or held, then what is due soonest. New ones appear by themselves.
board-count = { $count ->
    [one] { $count-text } incident
   *[other] { $count-text } incidents
}
board-empty = Nothing here. If you filtered, show all.
board-over = Nothing is due, or it is too late
board-overdue = Overdue, can still be done
board-asked = Unanswered questions
board-filter = Filter
board-show = Show results
board-show-all = Show all open
board-not-closed = All that are open
board-closed = All that are closed
board-only = Only
board-next-clock = Next clock
find-title = Find an incident
find-hint = Eight digits, the whole id, or the address of its page
find-do = Find incident
find-none = No incident has this id here.
board-conflicts = { $count ->
    [one] { $count-text } conflict
   *[other] { $count-text } conflicts
}

incident-title = Incident { $id }
incident-first = Here since
incident-clocks = Clocks
incident-conflicts = Conflicts: people wrote different things
incident-conflicts-below = The incident keeps both values until somebody decides. Choose the one that is right.
incident-take = Use this value
incident-what = What happened
incident-statements = Statements
incident-sealed = Sealed to responders’ own devices. This server cannot open them. On your device:
incident-named-there = (linked from there)
incident-timeline = History
incident-respond = Respond

who-hub = the hub
who-device = device { $number }
who-person = { $handle }, at the board
deed-added = added
deed-removed = removed
deed-more = more

do-act = Record an action
do-refer = Add a referral
do-follow = Add a follow-up
do-move = Change the status
do-triage = Change the triage
impossible-title = This date cannot be right
impossible-below = It is later than this hub’s first report of the incident, or more than a hundred years before it. Until somebody corrects it, it counts as unknown: no clock runs from it, and the incident is in no month.
correct-day = The right day
correct-time = The right day and time, by the clocks of { $zone }
do-assign = Assign to a device
do-link = Link to another incident
follow-due = Due on
follow-due-hint = The day of the follow-up; leave it if it was done today
follow-done = It was done now
follow-planned = Which one was done
follow-other = another, not planned
link-to = The other incident
link-to-hint = The address of its page, or the eight digits of its title
link-take-back = Remove link
hint-pseudonym = A pseudonym, never a name
hint-no-names = No names and no places
hint-lowering = Needed to lower it. No names and no places.
assign-nobody = No educator's device is enrolled.
assign-has = has it
assign-give = Assign to { $number }
assign-take-back = Unassign from { $number }
answer-asked = National asks
answer-send = Send answer
consent-granted = agreed
consent-not = not agreed
consent-withdraw = Withdraw consent
consent-below = A withdrawal counts at once and everywhere. Withdrawing the response by this hub erases the incident here and on every device.
erase-link = Erase this incident…
erase-title = Erase incident { $id }?
erase-what = The hub, national and every device that may hold the incident erase it, with its history, its statements and their keys. This cannot be undone. A mark without content stays, and the page of this hub shows who has confirmed.
erase-sure = The survivor wants this, or it has to be done
erase-do = Erase incident
withdraw-link = Withdraw and erase…
withdraw-title = Withdraw consent and erase incident { $id }?
withdraw-what = The survivor withdraws consent to the response by this hub. That erases the incident here, at national and on every device that may hold it, with its history, its statements and their keys. This cannot be undone.
withdraw-sure = The survivor has withdrawn consent
withdraw-do = Withdraw and erase

conflicts-none = No conflicts.
questions-below = What national wants to know. Answers are codes; nothing that you type is sent.
questions-none = No questions from national.
questions-open = open
alerts-title = Alerts
alerts-below = Warnings of an aggressor. They say nothing about who was harmed.
alerts-none = No active alerts.
alerts-ends = until
alerts-elsewhere = from another hub
alerts-how = A responder publishes and withdraws alerts on their own device:

hub-below = Devices, what was refused, what was erased.
hub-devices = Devices
hub-device = Device
hub-role = Role
hub-seen = Last seen
hub-pending = Waiting for earlier changes
hub-skew = Clock
hub-check = Check
hub-do = Actions
hub-revoked = revoked
hub-clock-right = right
hub-clock-behind = { $span } behind
hub-clock-ahead = { $span } ahead
hub-revoke = Revoke
hub-revoke-sure = The device is lost, or its owner has left. It wipes itself at its next contact.
hub-revoke-do = Revoke device
hub-invite = Invite a device
hub-invite-do = Make link
invited-below = Good for one device ({ $role }) and ten minutes. Compare the six digits with those that the device shows.
hub-refused = What was refused
hub-refused-below = Changes that this hub refused. They are kept and block nothing else.
hub-refused-none = Nothing was refused.
hub-why = Reason
hub-when = When
hub-changes = Changes
hub-erased = What was erased
hub-erased-none = Nothing was erased.
hub-erased-on = { $places ->
    [one] Erased on { $confirmed-text } of { $places-text } place
   *[other] Erased on { $confirmed-text } of { $places-text } places
}
hub-not-seen = has not confirmed; last seen
hub-count-incidents = Incidents
hub-count-devices = Devices
hub-count-waiting = Waiting changes
hub-count-refused = Refused changes
hub-count-unsent = Rows not yet at national
areas-title = Areas
areas-below = Rows of this hub name only these areas. For any other area they say “unknown”; the incident at the hub keeps it.
areas-none-listed = No list yet: the first 30 areas that this hub sees count.
areas-list = Areas, one a line
areas-list-hint = ISO 3166-2 codes such as SN-DK, 100 at most. The list replaces the one before, and all rows are rebuilt.
areas-others = Seen here and not named in rows
role-educator = educator
role-responder = responder

done-acted = Saved.
done-unlinked = The link is removed.
done-resolved = Decided. Every device receives it at its next sync.
done-assigned = Done. The device receives it at its next sync.
done-erased = Erased here. The devices erase it at their next sync.
done-revoked = Revoked. It wipes itself at its next contact.
done-areas = The list is saved. All rows are rebuilt.
refused-field = { $about } is not valid. Correct it and send the form again.
refused-due = Give a day for the follow-up: not before the report, and not more than two years ahead.
refused-time = That date cannot be right either: it is later than this hub’s first report of the incident, or more than a hundred years before it. Give another date.
refused-empty = The field “{ $about }” is empty. Fill it in.
refused-long = The field “{ $about }” is too long. Use at most { $count-text } letters.
refused-date = The field “{ $about }” has no date. Give one.
refused-reason = Give a reason for lowering the triage.
refused-full = The incident is full. Log another one and link the two.
refused-changed = Somebody decided it meanwhile. Look again.
refused-stale = Somebody changed this after you opened the page. Check it as it is now and decide again.
refused-answered = Somebody has already answered this question.
refused-link-self = An incident cannot be linked to itself.
refused-link-unknown = This hub has no such incident. Check the digits.
refused-link-ambiguous = More than one incident begins with these digits. Paste the address of its page.
refused-link-circle = The other incident is already a duplicate of this one. Remove that link first, or neither is counted.
refused-link-form = That names no incident. Paste the address of its page, or the eight digits of its title.
refused-not-sure = Tick the box to say that you are sure.
refused-no-device = There is no such device. Reload the page and choose again.
refused-areas = Name areas by codes such as SN-DK, one a line, 100 at most.
questions-same-here = May be the same as:
questions-same-elsewhere = May be the same as an incident of another hub. If it is, answer “counted elsewhere”.
