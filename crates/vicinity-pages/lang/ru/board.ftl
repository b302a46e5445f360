# Доска центра.

board-title = Кому нужна помощь сейчас
board-below = Открытые случаи, сначала самые срочные: на каждом уровне те, кто в опасности или удерживается, затем ближайшие сроки. Новые появляются сами.
board-count = { $count ->
    [one] { $count-text } случай
    [few] { $count-text } случая
    [many] { $count-text } случаев
   *[other] { $count-text } случая
}
board-empty = Здесь ничего нет. Если стоит фильтр, покажите все.
board-over = Сроков больше нет, или уже слишком поздно
board-overdue = Просрочено, ещё можно сделать
board-asked = Вопросы без ответа
board-filter = Фильтр
board-show = Показать
board-show-all = Показать все открытые
board-not-closed = Все открытые
board-closed = Все закрытые
board-only = Только
board-next-clock = Ближайший срок
find-title = Поиск случая
find-hint = Восемь знаков, полный номер или адрес страницы
find-do = Найти
find-none = Случая с таким номером здесь нет.
board-conflicts = { $count ->
    [one] { $count-text } расхождение
    [few] { $count-text } расхождения
    [many] { $count-text } расхождений
   *[other] { $count-text } расхождения
}

incident-title = Случай { $id }
incident-first = Здесь с
incident-clocks = Сроки
incident-conflicts = Записано разное
incident-conflicts-below = Оба значения хранятся, пока кто-то не решит. Выберите верное.
incident-take = Взять это
incident-what = Что произошло
incident-statements = Заявления
incident-sealed = Запечатаны для устройств тех, кто помогает. Этот сервер не может их открыть. На вашем устройстве:
incident-named-there = (связь оттуда)
incident-timeline = История
incident-respond = Оказать помощь

who-hub = центр
who-device = устройство { $number }
who-person = { $handle }, на доске
deed-added = добавлено
deed-removed = убрано
deed-more = дополнено

do-act = Записать действие
do-refer = Направить
do-follow = Повторный контакт
do-move = Сменить статус
do-triage = Повысить или понизить срочность
impossible-title = Эта дата не может быть верной
impossible-below = Она позже того, как этот центр узнал о случае, или на сто лет раньше. Пока её не исправят, она считается неизвестной: сроки от неё не идут, и ни в один месяц она не входит.
correct-day = Верный день
correct-time = Верные день и время, по часам { $zone }
do-assign = Поручить устройству
do-link = Связать с другим случаем
follow-due = Срок
follow-due-hint = День контакта; оставьте, если он был сегодня
follow-done = Сделано сейчас
follow-planned = Какой контакт сделан
follow-other = другой, не запланированный
link-to = Другой случай
link-to-hint = Адрес его страницы или восемь цифр из заголовка
link-take-back = Снять
hint-pseudonym = Псевдоним, никогда не имя
hint-no-names = Без имён и мест
hint-lowering = Нужна, чтобы понизить. Без имён и мест.
assign-nobody = Нет устройств равных консультантов.
assign-has = имеет
assign-give = Поручить { $number }
assign-take-back = Забрать у { $number }
answer-asked = Национальный уровень спрашивает
answer-send = Ответить
consent-granted = дано
consent-not = не дано
consent-withdraw = Отозвать
consent-below = Отзыв действует сразу и везде. Отзыв согласия на помощь этого центра удаляет случай здесь и на каждом устройстве.
erase-link = Удалить этот случай…
erase-title = Удалить случай { $id }?
erase-what = Он исчезнет из этого центра, с национального уровня и со всех устройств, где может быть, вместе с историей, заявлениями и их ключами. Вернуть его нельзя. Останется отметка без содержания, а страница центра покажет, кто подтвердил.
erase-sure = Этого хочет сам пострадавший человек, или так нужно
erase-do = Удалить
withdraw-link = Отозвать и удалить…
withdraw-title = Отозвать согласие и удалить случай { $id }?
withdraw-what = Пострадавший человек отзывает согласие на помощь этого центра. Это удаляет случай здесь, на национальном уровне и на всех устройствах, где он может быть, вместе с историей, заявлениями и их ключами. Вернуть его нельзя.
withdraw-sure = Пострадавший человек отозвал согласие
withdraw-do = Отозвать и удалить

conflicts-none = Расхождений нет.
questions-below = Что хочет знать национальный уровень. Ответы — коды; ничего из набранного вами наверх не идёт.
questions-none = Национальный уровень ничего не спрашивал.
questions-open = открыт
alerts-title = Оповещения
alerts-below = Предупреждения об агрессоре. Они ничего не говорят о пострадавших.
alerts-none = Действующих оповещений нет.
alerts-ends = до
alerts-elsewhere = из другого центра
alerts-how = Оповещения публикуют и снимают на своём устройстве:

hub-below = Устройства, отказы, удаления.
hub-devices = Устройства
hub-device = Устройство
hub-role = Роль
hub-seen = Последняя связь
hub-pending = Ждут более ранних изменений
hub-skew = Часы
hub-check = Проверка
hub-do = Действие
hub-revoked = отозвано
hub-clock-right = верно
hub-clock-behind = отстают на { $span }
hub-clock-ahead = спешат на { $span }
hub-revoke = Отозвать
hub-revoke-sure = Оно потеряно, или тот, у кого оно было, ушёл. При следующей связи оно сотрётся.
hub-revoke-do = Отозвать его
hub-invite = Пригласить устройство
hub-invite-do = Создать ссылку
invited-below = Для одного устройства ({ $role }) и на десять минут. Сравните шесть цифр с теми, что на устройстве.
hub-refused = Что отклонено
hub-refused-below = Изменения, которые центр не принял. Они хранятся и ничему не мешают.
hub-refused-none = Ничего не отклонено.
hub-why = Причина
hub-when = Когда
hub-changes = Изменения
hub-erased = Что удалено
hub-erased-none = Ничего не удалено.
hub-erased-on = { $places ->
    [one] Удалено в { $confirmed-text } из { $places-text } места
    [few] Удалено в { $confirmed-text } из { $places-text } мест
    [many] Удалено в { $confirmed-text } из { $places-text } мест
   *[other] Удалено в { $confirmed-text } из { $places-text } мест
}
hub-not-seen = не подтвердило; последняя связь
hub-count-incidents = Случаи
hub-count-devices = Устройства
hub-count-waiting = Ждущие изменения
hub-count-refused = Отклонённые изменения
hub-count-unsent = Строки, ещё не переданные
role-educator = равный консультант
role-responder = специалист по реагированию

done-acted = Записано.
done-unlinked = Связь снята.
done-resolved = Решено. Каждое устройство узнает при следующей синхронизации.
done-assigned = Сделано. Устройство узнает при следующей синхронизации.
done-erased = Удалено здесь. Устройства удалят при следующей синхронизации.
done-revoked = Отозвано. При следующей связи оно сотрётся.
refused-field = { $about } не подходит.
refused-due = Укажите день контакта: не раньше сообщения и не дальше чем через два года.
refused-time = И эта дата не может быть верной: она позже того, как этот центр узнал о случае, или на сто лет раньше.
refused-empty = Поле «{ $about }» пусто.
refused-long = Поле «{ $about }» слишком длинное: помещается около { $count-text } букв.
refused-date = В поле «{ $about }» нет даты.
refused-reason = Чтобы понизить срочность, нужна причина.
refused-full = Случай заполнен. Запишите другой и свяжите их.
refused-changed = Кто-то уже решил это. Посмотрите снова.
refused-stale = Кто-то изменил это после того, как вы открыли страницу. Посмотрите, как обстоит сейчас, и решите снова.
refused-answered = На этот вопрос уже ответили.
refused-link-self = Случай нельзя связать с самим собой.
refused-link-unknown = В этом центре нет такого случая.
refused-link-ambiguous = С этих цифр начинается больше одного случая. Вставьте адрес его страницы.
refused-link-circle = Другой случай уже отмечен как дубликат этого. Сначала снимите ту связь, иначе не считается ни один.
refused-link-form = Это не случай. Вставьте адрес его страницы или восемь цифр из заголовка.
refused-not-sure = Отметьте, что вы уверены.
refused-no-device = Такого устройства нет.
