# The hub's board.

board-title = Who needs help now
board-below = Open incidents, most urgent first: within each level whoever is in danger or held, then what must be done soonest. New ones appear by themselves.
board-count = { $count ->
    [one] { $count-text } incident
   *[other] { $count-text } incidents
}
board-empty = Nothing here. If you filtered, show all.
board-over = Nothing is due any more, or it is too late for it
board-overdue = Overdue, can still be done
board-asked = Unanswered questions
board-filter = Filter
board-show = Show
board-show-all = Show all open
board-not-closed = All that are open
board-closed = All that are closed
board-only = Only
board-next-clock = Next clock
find-title = Find an incident
find-hint = Eight digits, the whole id, or the address of its page
find-do = Find
find-none = No incident has this id here.
board-conflicts = { $count ->
    [one] { $count-text } conflict
   *[other] { $count-text } conflicts
}

incident-title = Incident { $id }
incident-first = Here since
incident-clocks = Clocks
incident-conflicts = People wrote different things
incident-conflicts-below = Both values are kept until somebody decides. Take the one that is right.
incident-take = Take this
incident-what = What happened
incident-statements = Statements
incident-sealed = Sealed to responders' own devices. This server cannot open them. On your device:
incident-named-there = (linked from there)
incident-timeline = History
incident-respond = Respond

who-hub = the hub
who-device = device { $number }
who-person = { $handle }, at the board
deed-added = added
deed-removed = removed
deed-more = more

do-act = Write down an action
do-refer = Refer
do-follow = Follow up
do-move = Move the status
do-triage = Raise or lower the triage
impossible-title = This date cannot be right
impossible-below = It lies after this hub first heard of the incident, or a hundred years before. Until somebody corrects it, it counts as unknown: no clock runs from it, and it is in no month.
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
link-take-back = Take back
hint-pseudonym = A pseudonym, never a name
hint-no-names = No names and no places
hint-lowering = Needed to lower it. No names and no places.
assign-nobody = No educator's device is enrolled.
assign-has = has it
assign-give = Assign to { $number }
assign-take-back = Take back from { $number }
answer-asked = National asks
answer-send = Answer
consent-granted = agreed
consent-not = not agreed
consent-withdraw = Withdraw
consent-below = A withdrawal counts at once and everywhere. Withdrawing the response by this hub erases the incident here and on every device.
erase-link = Erase this incident…
erase-title = Erase incident { $id }?
erase-what = It goes from this hub, from national and from every device that may hold it, with its history, its statements and their keys. Nothing brings it back. A mark without content stays, and the page of this hub shows who has confirmed.
erase-sure = The survivor wants this, or it must be
erase-do = Erase it
withdraw-link = Withdraw and erase…
withdraw-title = Withdraw consent and erase incident { $id }?
withdraw-what = The survivor takes back consent to the response by this hub. That erases the incident here, at national and on every device that may hold it, with its history, its statements and their keys. Nothing brings it back.
withdraw-sure = The survivor has withdrawn consent
withdraw-do = Withdraw and erase

conflicts-none = Nobody disagrees with anybody.
questions-below = What national wants to know. Answers are codes; nothing that you type goes up.
questions-none = National has asked nothing.
questions-open = open
alerts-title = Alerts
alerts-below = Warnings of an aggressor. They tell nothing of who was harmed.
alerts-none = No alert stands.
alerts-ends = until
alerts-elsewhere = from another hub
alerts-how = A responder publishes and withdraws alerts on their own device:

hub-below = Devices, what was refused, what was erased.
hub-devices = Devices
hub-device = Device
hub-role = Role
hub-seen = Last heard of
hub-pending = Waiting for earlier changes
hub-skew = Clock
hub-check = Check
hub-do = Do
hub-revoked = revoked
hub-clock-right = right
hub-clock-behind = { $span } behind
hub-clock-ahead = { $span } ahead
hub-revoke = Revoke
hub-revoke-sure = It is lost, or whoever had it has left. It wipes itself at its next contact.
hub-revoke-do = Revoke it
hub-invite = Invite a device
hub-invite-do = Make a link
invited-below = Good for one device ({ $role }) and ten minutes. Compare the six digits with those that the device shows.
hub-refused = What was refused
hub-refused-below = Changes that this hub did not take. They are kept and block nothing else.
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
hub-not-seen = has not confirmed; last heard of
hub-count-incidents = Incidents
hub-count-devices = Devices
hub-count-waiting = Changes that wait
hub-count-refused = Changes refused
hub-count-unsent = Rows not yet at national
areas-title = Areas
areas-below = Rows of this hub name these areas alone. Of any other they say “unknown”; the incident itself stays at the hub as it is.
areas-none-listed = Nobody has listed any yet: the first 30 that this hub meets count.
areas-list = Areas, one a line
areas-list-hint = ISO 3166-2, as SN-DK; 100 at most. The list replaces what counted before, and rows are made anew.
areas-others = Seen here and not told
role-educator = educator
role-responder = responder

done-acted = Written down.
done-unlinked = The link is taken back.
done-resolved = Decided. Every device hears of it at its next sync.
done-assigned = Done. The device hears of it at its next sync.
done-erased = Erased here. The devices erase it at their next sync.
done-revoked = Revoked. It wipes itself at its next contact.
done-areas = The list stands. Rows are made anew.
refused-field = { $about } does not fit.
refused-due = Give a day for the follow-up: not before the report, and not more than two years ahead.
refused-time = That date cannot be right either: it lies after this hub first heard of the incident, or a hundred years before.
refused-empty = The field “{ $about }” is empty.
refused-long = The field “{ $about }” is too long: { $count-text } letters fit.
refused-date = The field “{ $about }” holds no date.
refused-reason = Lowering the triage needs a reason.
refused-full = The incident is full. Log another one and link the two.
refused-changed = Somebody decided it meanwhile. Look again.
refused-stale = Somebody changed this after you opened the page. Look at how it stands now and decide again.
refused-answered = Somebody has answered this question.
refused-link-self = An incident cannot be linked to itself.
refused-link-unknown = This hub holds no such incident.
refused-link-ambiguous = More than one incident begins with these digits. Paste the address of its page.
refused-link-circle = The other one is a duplicate of this one already. Take that link back first, or neither is counted.
refused-link-form = That names no incident. Paste the address of its page, or the eight digits of its title.
refused-not-sure = Tick the box to say that you are sure.
refused-no-device = There is no such device.
refused-areas = Name areas as SN-DK, one a line, 100 at most.
