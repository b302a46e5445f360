# អ្វីដែលគ្រប់ទំព័រប្រើរួមគ្នា។

number-group = ,
share-percent = { $percent }%

month-1 = មករា
month-2 = កុម្ភៈ
month-3 = មីនា
month-4 = មេសា
month-5 = ឧសភា
month-6 = មិថុនា
month-7 = កក្កដា
month-8 = សីហា
month-9 = កញ្ញា
month-10 = តុលា
month-11 = វិច្ឆិកា
month-12 = ធ្នូ
month-short-1 = មករា
month-short-2 = កុម្ភៈ
month-short-3 = មីនា
month-short-4 = មេសា
month-short-5 = ឧសភា
month-short-6 = មិថុនា
month-short-7 = កក្កដា
month-short-8 = សីហា
month-short-9 = កញ្ញា
month-short-10 = តុលា
month-short-11 = វិច្ឆិកា
month-short-12 = ធ្នូ
month-in-day-1 = មករា
month-in-day-2 = កុម្ភៈ
month-in-day-3 = មីនា
month-in-day-4 = មេសា
month-in-day-5 = ឧសភា
month-in-day-6 = មិថុនា
month-in-day-7 = កក្កដា
month-in-day-8 = សីហា
month-in-day-9 = កញ្ញា
month-in-day-10 = តុលា
month-in-day-11 = វិច្ឆិកា
month-in-day-12 = ធ្នូ
date-month = { $month } { $year }
date-month-short = { $month } { $year }
date-day = { $day } { $month } { $year }
date-moment = { $day } ម៉ោង { $time } { $zone }
time-in = ក្នុងរយៈពេល { $span }
time-ago = { $span } មុន
span-minutes = { $count-text } នាទី
span-hours = { $count-text } ម៉ោង
span-days = { $count ->
   *[other] { $count-text } ថ្ងៃ
}

product = Vicinity
skip-to-content = រំលងទៅខ្លឹមសារ
navigation = ទំព័រ
signed-in-as = ចូលជា { $handle }
sign-out = ចាកចេញ
settings = ការកំណត់
language = ភាសា
appearance = រូបរាង
appearance-system = តាមកុំព្យូទ័រនេះ
appearance-light = ភ្លឺ
appearance-dark = ងងឹត
save = រក្សាទុក
done-saved = បានរក្សាទុក។
done-signed-out = អ្នកបានចាកចេញហើយ។
cancel = បោះបង់
back = ត្រឡប់
all = ទាំងអស់
none = គ្មាន
yes = បាទ/ចាស
no = ទេ
not-known = មិនដឹង
never = មិនដែល
draft-translation = សេចក្តីព្រាងបកប្រែ៖ មិនទាន់បានពិនិត្យដោយអ្នកនិយាយភាសានេះជាភាសាកំណើតទេ។
data-behind-chart = តួលេខជាតារាង
something-new = មានអ្វីថ្មីចូលមក។
show-it = បង្ហាញ

sign-in = ចូល
sign-in-hint = ចូលដោយប្រើឈ្មោះ ពាក្យសម្ងាត់ និងលេខកូដប្រាំមួយខ្ទង់ ដែលអ្នកបានកំណត់តាមតំណប្រើម្តង។
sign-in-handle = ឈ្មោះ
sign-in-password = ពាក្យសម្ងាត់
sign-in-code = លេខកូដប្រាំមួយខ្ទង់
sign-in-code-hint = ពីកម្មវិធីបង្កើតលេខកូដនៅលើទូរសព្ទរបស់អ្នក
sign-in-refused = ឈ្មោះ ពាក្យសម្ងាត់ ឬលេខកូដមិនត្រឹមត្រូវ។ លេខកូដនីមួយៗប្រើបានតែម្តង៖ សូមរង់ចាំលេខបន្ទាប់។
sign-in-wait = ព្យាយាមច្រើនដងពេក។ សូមរង់ចាំ { $span } រួចព្យាយាមម្តងទៀត។
sign-in-expired = អ្នកត្រូវបានចាកចេញ ព្រោះគ្មានសកម្មភាព។ សូមចូលម្តងទៀត។
done-not-sent = អ្នកត្រូវបានចាកចេញ ហើយអ្វីដែលអ្នកផ្ញើមិនត្រូវបានរក្សាទុកទេ។ សូមចូល៖ អ្នកនឹងត្រឡប់មកទំព័រនោះវិញ ហើយអាចសរសេរម្តងទៀត។
done-kept = អ្នកត្រូវបានចាកចេញ មុនពេលនេះមកដល់ ហើយគ្មានអ្វីត្រូវបានផ្លាស់ប្តូរទេ។ សូមចូល៖ អ្វីដែលអ្នកបានសរសេរនឹងត្រឡប់មកក្នុងទម្រង់វិញ ហើយអ្នកអាចផ្ញើបាន។
done-back = មិនទាន់បានផ្ញើអ្វីទេ។ អ្វីដែលអ្នកបានសរសេរមាននៅក្នុងទម្រង់វិញហើយ៖ សូមពិនិត្យ រួចផ្ញើ។

welcome = សូមស្វាគមន៍ { $handle }
welcome-intro = តំណនេះប្រើបានតែម្តង។ សូមជ្រើសរើសពាក្យសម្ងាត់ និងរៀបចំកត្តាទីពីរ។ បន្ទាប់មកអ្នកចូលដោយប្រើទាំងពីរ។
welcome-password-step = 1. ជ្រើសរើសពាក្យសម្ងាត់
welcome-password-hint = យ៉ាងតិច 12 តួអក្សរ។ ប្រយោគមួយដែលមានតែអ្នកដឹងគឺល្អ។
welcome-code-step = 2. រៀបចំលេខកូដលើទូរសព្ទរបស់អ្នក
welcome-code-hint = ស្កេនវាដោយកម្មវិធីបង្កើតលេខកូដប្រាំមួយខ្ទង់ ដូចជា Aegis ឬ FreeOTP ឬវាយបញ្ចូលសោ។
welcome-key = សោ
welcome-code-now = លេខកូដដែលកម្មវិធីបង្ហាញឥឡូវនេះ
welcome-enter = បញ្ចប់ និងចូល
welcome-password-short = ពាក្យសម្ងាត់មានតិចជាង 12 តួអក្សរ។ សូមជ្រើសរើសពាក្យវែងជាងនេះ។
welcome-code-wrong = លេខកូដមិនត្រឹមត្រូវ។ សូមពិនិត្យម៉ោងទូរសព្ទ ហើយវាយលេខកូដដែលវាបង្ហាញឥឡូវនេះ។
welcome-gone = តំណនេះត្រូវបានប្រើរួច ឬផុតកំណត់។ សូមសុំតំណថ្មីពីអ្នកគ្រប់គ្រងម៉ាស៊ីនបម្រើ។

error-title = មិនបានសម្រេច
error-not-found = គ្មានទំព័រនេះទេ ឬអ្វីដែលវាបង្ហាញត្រូវបានលុប។
error-not-allowed = តួនាទីរបស់អ្នកមិនអាចធ្វើបែបនេះទេ។
error-form = ទម្រង់មិនពេញលេញ ឬបើកយូរពេក។ សូមត្រឡប់ក្រោយ ផ្ទុកទំព័រឡើងវិញ រួចព្យាយាមម្តងទៀត។
error-other-reader = ទំព័រនេះត្រូវបានបើកដោយអ្នកផ្សេងដែលបានចូលនៅទីនេះ។ គ្មានអ្វីត្រូវបានផ្លាស់ប្តូរទេ។ សូមត្រឡប់ក្រោយ ផ្ទុកទំព័រឡើងវិញ រួចព្យាយាមម្តងទៀត។
kept-no-form = ទម្រង់ដែលអ្នកបានសរសេរ មិនមាននៅលើទំព័រនេះទៀតទេ។ គ្មានអ្វីត្រូវបានផ្លាស់ប្តូរ។ សូមចម្លងអ្វីដែលអ្នកត្រូវការ៖
error-too-large = នេះលើសពីអ្វីដែលទម្រង់អាចផ្ទុកបាន។ គ្មានអ្វីត្រូវបានផ្លាស់ប្តូរទេ។ សូមត្រឡប់ក្រោយ ហើយសរសេរឱ្យខ្លីជាងនេះ។
error-busy = ម៉ាស៊ីនបម្រើកំពុងរវល់។ សូមព្យាយាមបន្តិចទៀត។ គ្មានអ្វីត្រូវបានផ្លាស់ប្តូរទេ។
error-failed = ម៉ាស៊ីនបម្រើមិនអាចធ្វើបានទេ។ គ្មានអ្វីត្រូវបានផ្លាស់ប្តូរ។ មូលហេតុមាននៅក្នុងកំណត់ហេតុរបស់វា។
error-refused = { $reason } គ្មានអ្វីត្រូវបានផ្លាស់ប្តូរទេ។

place-hub = មជ្ឈមណ្ឌល
place-national = ថ្នាក់ជាតិ
nav-board = ក្តារ
nav-conflicts = ភាពមិនស៊ីគ្នា
nav-questions = សំណួរ
nav-hub = មជ្ឈមណ្ឌលនេះ
nav-news = ព័ត៌មានថ្មី
nav-queue = ត្រូវពិនិត្យ
nav-picture = ទិដ្ឋភាពរួម
nav-hubs = មជ្ឈមណ្ឌលទាំងអស់
left-out-short = < 10

pager = ទំព័រនៃបញ្ជីនេះ
pager-here = ទំព័រ { $page } នៃ { $pages }
pager-previous = មុន
pager-next = បន្ទាប់
bytes = { $count ->
   *[other] { $count-text } បៃ
}

clock-doubt = នាឡិការបស់ម៉ាស៊ីនមេ
clock-doubt-ahead = នាឡិការបស់ម៉ាស៊ីនមេនេះអាចខុស៖ វាបង្ហាញ { $moment } លឿនជាងការរំពឹងទុក { $span }។
clock-doubt-behind = នាឡិការបស់ម៉ាស៊ីនមេនេះអាចខុស៖ វាបង្ហាញ { $moment } យឺតជាងការរំពឹងទុក { $span }។
clock-doubt-what = រហូតដល់វាត្រឹមត្រូវ គ្មានអ្វីត្រូវបានផ្ញើទៅម៉ាស៊ីនមេផ្សេង ហើយគ្មានអ្វីត្រូវបានលុបទេ។ បើម៉ោងដែលបង្ហាញខុស សូមកែនាឡិការបស់កុំព្យូទ័រនេះ រួចសារនេះនឹងបាត់ទៅ។ បើត្រឹមត្រូវ សូមបញ្ជាក់វា។
clock-doubt-codes = រហូតដល់ពេលនោះ លេខកូដប្រាំមួយខ្ទង់របស់ទូរសព្ទអ្នកអាចមិនត្រូវគ្នា។
clock-doubt-sure = ម៉ោងដែលបង្ហាញនៅទីនេះត្រឹមត្រូវ
clock-doubt-do = បញ្ជាក់ម៉ោង
done-clock = បានបញ្ជាក់ម៉ោង។
