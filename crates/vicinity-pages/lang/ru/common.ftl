# Общее для всех страниц.

number-group = { "\u00A0" }
share-percent = { $percent }{ "\u00A0" }%

month-1 = январь
month-2 = февраль
month-3 = март
month-4 = апрель
month-5 = май
month-6 = июнь
month-7 = июль
month-8 = август
month-9 = сентябрь
month-10 = октябрь
month-11 = ноябрь
month-12 = декабрь
month-short-1 = янв.
month-short-2 = февр.
month-short-3 = март
month-short-4 = апр.
month-short-5 = май
month-short-6 = июнь
month-short-7 = июль
month-short-8 = авг.
month-short-9 = сент.
month-short-10 = окт.
month-short-11 = нояб.
month-short-12 = дек.
month-in-day-1 = января
month-in-day-2 = февраля
month-in-day-3 = марта
month-in-day-4 = апреля
month-in-day-5 = мая
month-in-day-6 = июня
month-in-day-7 = июля
month-in-day-8 = августа
month-in-day-9 = сентября
month-in-day-10 = октября
month-in-day-11 = ноября
month-in-day-12 = декабря
date-month = { $month } { $year }
date-month-short = { $month } { $year }
date-day = { $day } { $month } { $year }
date-moment = { $day }, { $time } { $zone }
time-in = через { $span }
time-ago = { $span } назад
span-minutes = { $count-text } мин
span-hours = { $count-text } ч
span-days = { $count ->
    [one] { $count-text } день
    [few] { $count-text } дня
    [many] { $count-text } дней
   *[other] { $count-text } дня
}

product = Vicinity
skip-to-content = Перейти к содержанию
navigation = Страницы
signed-in-as = Вход выполнен: { $handle }
sign-out = Выйти
settings = Настройки
language = Язык
appearance = Оформление
appearance-system = Как на этом компьютере
appearance-light = Светлое
appearance-dark = Тёмное
save = Сохранить
done-saved = Сохранено.
done-named = Имя сохранено.
refused-name = Имя — одна строка от 1 до 40 букв.
name-change = Изменить имя
name-name = Имя
name-hint = Одна строка, не больше 40 букв.
name-save = Сохранить имя
done-signed-out = Вы вышли.
cancel = Отмена
back = Назад
all = Все
none = Нет
yes = Да
no = Нет
not-known = Неизвестно
never = никогда
draft-translation = Черновой перевод: его ещё не проверил носитель языка.
data-behind-chart = Цифры в таблице
something-new = Поступило новое.
show-it = Показать

sign-in = Войти
sign-in-hint = Войдите с именем, паролем и шестизначным кодом, которые вы задали по одноразовой ссылке.
sign-in-handle = Имя
sign-in-password = Пароль
sign-in-code = Шестизначный код
sign-in-code-hint = Из приложения для кодов на вашем телефоне
sign-in-refused = Имя, пароль или код не подходят. Каждый код действует один раз: дождитесь следующего.
sign-in-wait = Слишком много попыток. Подождите { $span } и попробуйте снова.
sign-in-expired = Вы долго ничего не делали, и сеанс закончился. Войдите снова.
done-not-sent = Сеанс был закончен, и отправленное не сохранено. Войдите: вы вернётесь на ту же страницу и сможете написать снова.
done-kept = Сеанс закончился раньше, чем это пришло, и ничего не изменено. Войдите: написанное вернётся в свою форму, и вы сможете его отправить.
done-back = Пока ничего не отправлено. Написанное снова стоит в своей форме: проверьте и отправьте.

welcome = Добро пожаловать, { $handle }
welcome-intro = Эта ссылка действует один раз. Выберите пароль и настройте второй фактор; потом вы будете входить с обоими.
welcome-password-step = 1. Выберите пароль
welcome-password-hint = Не меньше 12 знаков. Хорошо подходит фраза, которую знаете только вы.
welcome-code-step = 2. Настройте коды на телефоне
welcome-code-hint = Отсканируйте это приложением для шестизначных кодов, например Aegis или FreeOTP, или введите ключ.
welcome-key = Ключ
welcome-code-now = Код, который приложение показывает сейчас
welcome-enter = Завершить и войти
welcome-password-short = В пароле меньше 12 знаков. Выберите более длинный.
welcome-code-wrong = Код не подходит. Проверьте часы телефона и введите код, который он показывает сейчас.
welcome-gone = Ссылка уже использована или истекла. Попросите новую у того, кто ведёт сервер.

error-title = Не получилось
error-not-found = Такой страницы нет, или то, что она показывала, удалено.
error-not-allowed = Ваша роль этого не позволяет.
error-form = Форма заполнена не полностью или была открыта слишком долго. Вернитесь, обновите страницу и попробуйте снова.
error-other-reader = Эту страницу открыл кто-то другой, кто входил здесь. Ничего не изменено. Вернитесь, обновите страницу и попробуйте снова.
kept-no-form = Формы, в которой вы это написали, на этой странице больше нет. Ничего не изменено. Скопируйте то, что вам нужно:
error-too-large = Это больше, чем вмещает форма. Ничего не изменено. Вернитесь и напишите короче.
error-busy = Сервер занят. Попробуйте чуть позже; ничего не изменено.
error-failed = Сервер не смог этого сделать; ничего не изменено. Причина записана в его журнале.
error-refused = { $reason } Ничего не изменено.

place-hub = Центр
place-national = Национальный уровень
nav-board = Доска
nav-conflicts = Расхождения
nav-questions = Вопросы
nav-hub = Этот центр
nav-news = Новое
nav-queue = На проверку
nav-picture = Картина
nav-hubs = Центры
left-out-short = < 10

pager = Страницы списка
pager-here = Страница { $page } из { $pages }
pager-previous = Предыдущая
pager-next = Следующая
bytes = { $count ->
    [one] { $count-text } байт
    [few] { $count-text } байта
    [many] { $count-text } байт
   *[other] { $count-text } байта
}

clock-doubt = Часы сервера
clock-doubt-ahead = Часы этого сервера могут быть неверны: они показывают { $moment }, на { $span } позже, чем ожидалось.
clock-doubt-behind = Часы этого сервера могут быть неверны: они показывают { $moment }, на { $span } раньше, чем ожидалось.
clock-doubt-what = Пока часы неверны, ничего не отправляется на другие серверы и ничего не удаляется. Если показанное время неверно, поправьте часы этого компьютера: сообщение исчезнет. Если верно, подтвердите его.
clock-doubt-codes = До тех пор шестизначные коды вашего телефона могут не подходить.
clock-doubt-sure = Показанное здесь время верно
clock-doubt-do = Подтвердить время
done-clock = Время подтверждено.
reached-title = Охваченные люди
reached-below = Сколько людей охватила программа за месяц, каждый считается один раз. Месяц без сообщений показывает, нет ли насилия или о нём молчат. Числа идут на национальный уровень.
reached-month = Месяц
reached-people = Охваченные люди
reached-nil = Сообщений о случаях не было
reached-enter = Ввести месяц
reached-hint = Каждый человек один раз; оставьте пустым, если никто не считал.
reached-save = Сохранить месяц
done-reached = Месяц сохранён.
refused-reached = Введите начавшийся месяц и число людей или что сообщений о случаях не было.
refused-not-nil = Здесь есть случаи этого месяца: это не месяц без сообщений.
