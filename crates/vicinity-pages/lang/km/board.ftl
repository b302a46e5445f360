# ក្តាររបស់មជ្ឈមណ្ឌល។

board-title = អ្នកណាត្រូវការជំនួយឥឡូវនេះ
board-below = ឧប្បត្តិហេតុបើក បន្ទាន់បំផុតមុនគេ៖ តាមកម្រិតនីមួយៗ អ្នកស្ថិតក្នុងគ្រោះថ្នាក់ ឬត្រូវឃុំ បន្ទាប់មកអ្វីដែលជិតដល់កំណត់។ ថ្មីៗលេចឡើងដោយខ្លួនឯង។
board-count = { $count ->
   *[other] ឧប្បត្តិហេតុ { $count-text }
}
board-empty = គ្មានអ្វីទេ។ បើអ្នកបានត្រង សូមបង្ហាញទាំងអស់។
board-over = គ្មានអ្វីដល់កំណត់ទៀត ឬយឺតពេកហើយ
board-overdue = ហួសកំណត់ តែនៅអាចធ្វើបាន
board-asked = សំណួរគ្មានចម្លើយ
board-filter = ត្រង
board-show = បង្ហាញ
board-show-all = បង្ហាញទាំងអស់ដែលបើក
board-not-closed = ទាំងអស់ដែលបើក
board-closed = ទាំងអស់ដែលបិទ
board-only = តែ
board-next-clock = ពេលកំណត់បន្ទាប់
find-title = ស្វែងរកឧប្បត្តិហេតុ
find-hint = ខ្ទង់ប្រាំបី លេខសម្គាល់ពេញ ឬអាសយដ្ឋានទំព័រ
find-do = ស្វែងរក
find-none = គ្មានឧប្បត្តិហេតុណាមានលេខសម្គាល់នេះនៅទីនេះទេ។
board-conflicts = { $count ->
   *[other] ភាពមិនស៊ីគ្នា { $count-text }
}

incident-title = ឧប្បត្តិហេតុ { $id }
incident-first = នៅទីនេះតាំងពី
incident-clocks = ពេលកំណត់
incident-conflicts = មនុស្សសរសេរខុសគ្នា
incident-conflicts-below = តម្លៃទាំងពីរត្រូវរក្សាទុក រហូតមានអ្នកសម្រេច។ សូមយកមួយដែលត្រឹមត្រូវ។
incident-take = យកមួយនេះ
incident-what = អ្វីដែលកើតឡើង
incident-statements = សេចក្តីថ្លែង
incident-sealed = បានបិទត្រាសម្រាប់ឧបករណ៍អ្នកឆ្លើយតប។ ម៉ាស៊ីនបម្រើនេះមិនអាចបើកបានទេ។ លើឧបករណ៍របស់អ្នក៖
incident-named-there = (ភ្ជាប់ពីទីនោះ)
incident-timeline = ប្រវត្តិ
incident-respond = ឆ្លើយតប

who-hub = មជ្ឈមណ្ឌល
who-device = ឧបករណ៍ { $number }
who-person = { $handle } នៅក្តារ
deed-added = បានបន្ថែម
deed-removed = បានដកចេញ
deed-more = បន្ថែមទៀត

do-act = កត់ត្រាសកម្មភាព
do-refer = បញ្ជូនបន្ត
do-follow = តាមដាន
do-move = ផ្លាស់ស្ថានភាព
do-triage = បង្កើន ឬបន្ថយភាពបន្ទាន់
do-assign = ប្រគល់ឱ្យឧបករណ៍
do-link = ភ្ជាប់ទៅឧប្បត្តិហេតុផ្សេង
follow-due = កំណត់ថ្ងៃ
follow-due-hint = ថ្ងៃតាមដាន។ ទុកដដែលបើធ្វើថ្ងៃនេះ
follow-done = បានធ្វើឥឡូវនេះ
follow-planned = មួយណាបានធ្វើ
follow-other = មួយទៀត មិនបានគ្រោង
link-to = លេខសម្គាល់ឧប្បត្តិហេតុផ្សេង
link-to-hint = ដូចក្នុងអាសយដ្ឋានទំព័ររបស់វា
hint-pseudonym = ឈ្មោះក្រៅ កុំដាក់ឈ្មោះពិត
hint-no-names = កុំដាក់ឈ្មោះ ឬទីកន្លែង
hint-lowering = ត្រូវការដើម្បីបន្ថយ។ កុំដាក់ឈ្មោះ ឬទីកន្លែង។
assign-nobody = គ្មានឧបករណ៍មិត្តអប់រំបានចុះឈ្មោះទេ។
assign-has = មានវា
assign-give = ប្រគល់ឱ្យ { $number }
assign-take-back = ដកវិញពី { $number }
answer-asked = ថ្នាក់ជាតិសួរ
answer-send = ឆ្លើយ
consent-granted = បានយល់ព្រម
consent-not = មិនបានយល់ព្រម
consent-withdraw = ដកវិញ
consent-below = ការដកវិញមានប្រសិទ្ធភាពភ្លាម និងគ្រប់ទីកន្លែង។ ការដកការយល់ព្រមលើការឆ្លើយតបដោយមជ្ឈមណ្ឌលនេះ លុបឧប្បត្តិហេតុនៅទីនេះ និងលើគ្រប់ឧបករណ៍។
erase-link = លុបឧប្បត្តិហេតុនេះ…
erase-title = លុបឧប្បត្តិហេតុ { $id }?
erase-what = វានឹងបាត់ពីមជ្ឈមណ្ឌលនេះ ពីថ្នាក់ជាតិ និងពីគ្រប់ឧបករណ៍ដែលអាចមានវា រួមទាំងប្រវត្តិ សេចក្តីថ្លែង និងសោ។ គ្មានអ្វីនាំវាមកវិញបានទេ។ នៅសល់តែសញ្ញាគ្មានខ្លឹមសារ ហើយទំព័រមជ្ឈមណ្ឌលបង្ហាញអ្នកដែលបានបញ្ជាក់។
erase-sure = សាមីខ្លួនចង់បាន ឬចាំបាច់ត្រូវធ្វើ
erase-do = លុបវា

conflicts-none = គ្មានភាពមិនស៊ីគ្នាទេ។
questions-below = អ្វីដែលថ្នាក់ជាតិចង់ដឹង។ ចម្លើយជាលេខកូដ។ គ្មានអ្វីដែលអ្នកវាយត្រូវបានបញ្ជូនឡើងទេ។
questions-none = ថ្នាក់ជាតិមិនបានសួរអ្វីទេ។
questions-open = នៅបើក
alerts-title = ការជូនដំណឹង
alerts-below = ការព្រមានអំពីអ្នកបំពាន។ មិននិយាយអ្វីអំពីអ្នកដែលរងផលប៉ះពាល់ទេ។
alerts-none = គ្មានការជូនដំណឹងទេ។
alerts-ends = រហូតដល់
alerts-elsewhere = ពីមជ្ឈមណ្ឌលផ្សេង
alerts-how = អ្នកឆ្លើយតបផ្សព្វផ្សាយ និងដកការជូនដំណឹងលើឧបករណ៍ខ្លួន៖

hub-below = ឧបករណ៍ អ្វីដែលបានបដិសេធ អ្វីដែលបានលុប។
hub-devices = ឧបករណ៍ទាំងអស់
hub-device = ឧបករណ៍
hub-role = តួនាទី
hub-seen = ឃើញចុងក្រោយ
hub-pending = រង់ចាំការផ្លាស់ប្តូរមុន
hub-skew = នាឡិកា
hub-check = ការផ្ទៀងផ្ទាត់
hub-do = ធ្វើ
hub-revoked = បានដកសិទ្ធិ
hub-clock-right = ត្រឹមត្រូវ
hub-clock-behind = យឺត { $span }
hub-clock-ahead = លឿន { $span }
hub-revoke = ដកសិទ្ធិ
hub-revoke-sure = វាបាត់ ឬម្ចាស់បានចាកចេញ។ វានឹងលុបខ្លួនឯងនៅពេលទាក់ទងបន្ទាប់។
hub-revoke-do = ដកសិទ្ធិវា
hub-invite = អញ្ជើញឧបករណ៍
hub-invite-do = បង្កើតតំណ
invited-below = ប្រើបានសម្រាប់ឧបករណ៍មួយ ({ $role }) និងដប់នាទី។ សូមប្រៀបធៀបលេខប្រាំមួយខ្ទង់ជាមួយឧបករណ៍។
hub-refused = អ្វីដែលបានបដិសេធ
hub-refused-below = ការផ្លាស់ប្តូរដែលមជ្ឈមណ្ឌលមិនទទួល។ វាត្រូវរក្សាទុក ហើយមិនរារាំងអ្វីផ្សេងទេ។
hub-refused-none = គ្មានអ្វីត្រូវបានបដិសេធទេ។
hub-why = មូលហេតុ
hub-when = ពេលណា
hub-changes = ការផ្លាស់ប្តូរ
hub-erased = អ្វីដែលបានលុប
hub-erased-none = គ្មានអ្វីត្រូវបានលុបទេ។
hub-erased-on = { $places ->
   *[other] បានលុបនៅ { $confirmed-text } ក្នុងចំណោម { $places-text } កន្លែង
}
hub-not-seen = មិនទាន់បញ្ជាក់ ឃើញចុងក្រោយ
hub-count-incidents = ឧប្បត្តិហេតុ
hub-count-devices = ឧបករណ៍
hub-count-waiting = ការផ្លាស់ប្តូរកំពុងរង់ចាំ
hub-count-refused = ការផ្លាស់ប្តូរបានបដិសេធ
hub-count-unsent = ជួរដែលមិនទាន់ដល់ថ្នាក់ជាតិ
role-educator = មិត្តអប់រំ
role-responder = អ្នកឆ្លើយតប

done-acted = បានកត់ត្រា។
done-resolved = បានសម្រេច។ ឧបករណ៍នីមួយៗនឹងដឹងនៅពេលធ្វើសមកាលកម្មបន្ទាប់។
done-assigned = រួចរាល់។ ឧបករណ៍នឹងដឹងនៅពេលធ្វើសមកាលកម្មបន្ទាប់។
done-erased = បានលុបនៅទីនេះ។ ឧបករណ៍នឹងលុបនៅពេលធ្វើសមកាលកម្មបន្ទាប់។
done-revoked = បានដកសិទ្ធិ។ វានឹងលុបខ្លួនឯងនៅពេលទាក់ទងបន្ទាប់។
refused-field = { $about } មិនត្រឹមត្រូវទេ។
refused-due = សូមដាក់ថ្ងៃតាមដាន៖ មិនមុនការរាយការណ៍ និងមិនលើសពីពីរឆ្នាំទៅមុខ។
refused-changed = មានអ្នកសម្រេចរួចហើយ។ សូមមើលម្តងទៀត។
refused-not-sure = សូមគូសប្រអប់ដើម្បីបញ្ជាក់ថាអ្នកប្រាកដ។
refused-no-device = គ្មានឧបករណ៍នេះទេ។
