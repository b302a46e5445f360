# What every page shares.

number-group = ,
share-percent = { $percent }%

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mar
month-short-4 = Apr
month-short-5 = May
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Oct
month-short-11 = Nov
month-short-12 = Dec
# The month within a day: some languages inflect it.
month-in-day-1 = Jan
month-in-day-2 = Feb
month-in-day-3 = Mar
month-in-day-4 = Apr
month-in-day-5 = May
month-in-day-6 = Jun
month-in-day-7 = Jul
month-in-day-8 = Aug
month-in-day-9 = Sep
month-in-day-10 = Oct
month-in-day-11 = Nov
month-in-day-12 = Dec
date-month = { $month } { $year }
date-month-short = { $month } { $year }
date-day = { $day } { $month } { $year }
date-moment = { $day }, { $time } { $zone }
time-in = in { $span }
time-ago = { $span } ago
span-minutes = { $count-text } min
span-hours = { $count-text } h
span-days = { $count ->
    [one] { $count-text } day
   *[other] { $count-text } days
}

product = Vicinity
skip-to-content = Skip to content
navigation = Pages
signed-in-as = Signed in as { $handle }
sign-out = Sign out
settings = Settings
language = Language
appearance = Appearance
appearance-system = As this computer
appearance-light = Light
appearance-dark = Dark
save = Save
done-saved = Saved.
done-named = Name saved.
refused-name = A name is one line of 1 to 40 letters.
name-change = Change name
name-name = Name
name-hint = One line of at most 40 letters.
name-save = Save name
done-signed-out = You are signed out.
cancel = Cancel
back = Back
all = All
none = None
yes = Yes
no = No
not-known = Not known
never = never
draft-translation = { "" }
data-behind-chart = Figures as a table
something-new = Something new has come in.
show-it = Show it

sign-in = Sign in
sign-in-hint = Sign in with the name, password and six-digit code that you set up with your one-time link.
sign-in-handle = Name
sign-in-password = Password
sign-in-code = Six-digit code
sign-in-code-hint = From the app on your phone that makes codes
sign-in-refused = Wrong name, password or code. Each code works once: wait for the next one.
sign-in-wait = Too many wrong tries. Wait { $span } and try again.
sign-in-expired = You were signed out because nothing happened for a while. Sign in again.
done-not-sent = You were signed out, and what you sent was not kept. Sign in: you return to its page and can write it again.
done-kept = You were signed out before this arrived, and nothing was changed. Sign in: what you typed returns to its form, and you can send it then.
done-back = Nothing was sent yet. What you typed is in its form again: check it and send it.

welcome = Welcome, { $handle }
welcome-intro = This link works once. Choose a password and set up your second factor; after that you sign in with both.
welcome-password-step = 1. Choose a password
welcome-password-hint = At least 12 characters. A sentence that only you know is good.
welcome-code-step = 2. Set up codes on your phone
welcome-code-hint = Scan this with an app that makes six-digit codes, such as Aegis or FreeOTP, or type the key in.
welcome-key = Key
welcome-code-now = The code that the app shows now
welcome-enter = Set up and sign in
welcome-password-short = The password has fewer than 12 characters. Choose a longer one.
welcome-code-wrong = Wrong code. Check that the phone’s clock is right, and type the code that it shows now.
welcome-gone = This link was used or has expired. Ask the person who runs the server for a new one.

error-title = That did not work
error-not-found = There is no such page, or what it showed was erased.
error-not-allowed = Your role may not do this. Ask somebody whose role may.
error-form = The form was incomplete, or stood open for too long. Go back, reload the page and try again.
error-other-reader = This page was opened by somebody else who was signed in here. Nothing was changed. Go back, reload the page and try again.
kept-no-form = The form that you typed this into is not on this page any more. Nothing was changed. Copy what you need:
error-too-large = That was more than a form holds. Nothing was changed. Go back and write less.
error-busy = The server is busy. Try again in a moment; nothing was changed.
error-failed = The server could not do this; nothing was changed. The person who runs it finds the reason in its log.
error-refused = { $reason } Nothing was changed.

place-hub = Hub
place-national = National
nav-board = Board
nav-conflicts = Conflicts
nav-questions = Questions
nav-hub = This hub
nav-news = News
nav-queue = Queue
nav-picture = Picture
nav-hubs = Hubs
left-out-short = < 10

pager = Pages of this list
pager-here = Page { $page } of { $pages }
pager-previous = Previous
pager-next = Next
bytes = { $count ->
    [one] { $count-text } byte
   *[other] { $count-text } bytes
}

clock-doubt = The server’s clock
clock-doubt-ahead = This server’s clock may be wrong: it shows { $moment }, which is { $span } later than expected.
clock-doubt-behind = This server’s clock may be wrong: it shows { $moment }, which is { $span } earlier than expected.
clock-doubt-what = Until it is right, nothing is sent to other servers and nothing is deleted. If the time shown is wrong, set this computer’s clock; this notice then goes away. If it is right, confirm it.
clock-doubt-codes = Until then the six-digit codes of your phone may not work.
clock-doubt-sure = The time shown here is right
clock-doubt-do = Confirm time
done-clock = Time confirmed.
reached-title = People reached
reached-below = How many people the programme reached in a month, each counted once. Months without a report say whether violence is absent or silent. The numbers go to national.
reached-month = Month
reached-people = People reached
reached-nil = No incident reported
reached-enter = Enter a month
reached-hint = Each person once; leave empty if nobody counted.
reached-save = Save month
done-reached = Month saved.
refused-reached = Enter a month that has begun, and a number of people or that no incident was reported.
refused-not-nil = Incidents of this month are here: it is not a month without a report.
