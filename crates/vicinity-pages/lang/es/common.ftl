# Lo que comparten todas las páginas.

number-group = .
share-percent = { $percent }{ "\u00A0" }%

month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
month-short-1 = ene
month-short-2 = feb
month-short-3 = mar
month-short-4 = abr
month-short-5 = may
month-short-6 = jun
month-short-7 = jul
month-short-8 = ago
month-short-9 = sept
month-short-10 = oct
month-short-11 = nov
month-short-12 = dic
month-in-day-1 = ene
month-in-day-2 = feb
month-in-day-3 = mar
month-in-day-4 = abr
month-in-day-5 = may
month-in-day-6 = jun
month-in-day-7 = jul
month-in-day-8 = ago
month-in-day-9 = sept
month-in-day-10 = oct
month-in-day-11 = nov
month-in-day-12 = dic
date-month = { $month } de { $year }
date-month-short = { $month } { $year }
date-day = { $day } { $month } { $year }
date-moment = { $day }, { $time } { $zone }
time-in = dentro de { $span }
time-ago = hace { $span }
span-minutes = { $count-text } min
span-hours = { $count-text } h
span-days = { $count ->
    [one] { $count-text } día
   *[other] { $count-text } días
}

product = Vicinity
skip-to-content = Ir al contenido
navigation = Páginas
signed-in-as = Sesión de { $handle }
sign-out = Cerrar sesión
settings = Ajustes
language = Idioma
appearance = Apariencia
appearance-system = Como este equipo
appearance-light = Clara
appearance-dark = Oscura
save = Guardar
done-saved = Guardado.
done-named = Nombre guardado.
refused-name = Un nombre es una línea de 1 a 40 letras.
name-change = Cambiar el nombre
name-name = Nombre
name-hint = Una línea de 40 letras como máximo.
name-save = Guardar el nombre
done-signed-out = Ha cerrado la sesión.
cancel = Cancelar
back = Volver
all = Todo
none = Ninguno
yes = Sí
no = No
not-known = No se sabe
never = nunca
draft-translation = Traducción provisional: todavía no la ha revisado una persona de lengua materna.
data-behind-chart = Las cifras en una tabla
something-new = Ha llegado algo nuevo.
show-it = Mostrar

sign-in = Iniciar sesión
sign-in-hint = Inicie sesión con el nombre, la contraseña y el código de seis dígitos que eligió con su enlace de un solo uso.
sign-in-handle = Nombre
sign-in-password = Contraseña
sign-in-code = Código de seis dígitos
sign-in-code-hint = El de la aplicación de códigos de su teléfono
sign-in-refused = El nombre, la contraseña o el código no son correctos. Cada código sirve una vez: espere al siguiente.
sign-in-wait = Demasiados intentos. Espere { $span } e inténtelo de nuevo.
sign-in-expired = La sesión se cerró por falta de actividad. Inicie sesión de nuevo.
done-not-sent = Su sesión estaba cerrada y lo que envió no se guardó. Inicie sesión: volverá a la página y podrá escribirlo de nuevo.
done-kept = Su sesión se había cerrado antes de que llegara esto, y no se cambió nada. Inicie sesión: lo que escribió vuelve a su formulario y podrá enviarlo.
done-back = Todavía no se ha enviado nada. Lo que escribió está de nuevo en su formulario: revíselo y envíelo.

welcome = Le damos la bienvenida, { $handle }
welcome-intro = Este enlace sirve una sola vez. Elija una contraseña y configure su segundo factor; después iniciará sesión con ambos.
welcome-password-step = 1. Elegir una contraseña
welcome-password-hint = Al menos 12 caracteres. Una frase que solo usted conozca es buena.
welcome-code-step = 2. Configurar los códigos en su teléfono
welcome-code-hint = Escanee esto con una aplicación que produzca códigos de seis dígitos, como Aegis o FreeOTP, o escriba la clave.
welcome-key = Clave
welcome-code-now = El código que la aplicación muestra ahora
welcome-enter = Terminar e iniciar sesión
welcome-password-short = La contraseña tiene menos de 12 caracteres. Elija una más larga.
welcome-code-wrong = El código no es correcto. Compruebe la hora del teléfono y escriba el código que muestra ahora.
welcome-gone = Este enlace ya se usó o ha caducado. Pida uno nuevo a quien lleva el servidor.

error-title = No ha funcionado
error-not-found = Esta página no existe, o lo que mostraba fue borrado.
error-not-allowed = Su función no lo permite.
error-form = El formulario estaba incompleto o llevaba demasiado tiempo abierto. Vuelva atrás, recargue la página e inténtelo de nuevo.
error-other-reader = Esta página la abrió otra persona que tenía la sesión iniciada aquí. No se cambió nada. Vuelva atrás, recargue la página e inténtelo de nuevo.
kept-no-form = El formulario en el que escribió esto ya no está en esta página. No se cambió nada. Copie lo que necesite:
error-too-large = Era más de lo que cabe en un formulario. No se cambió nada. Vuelva atrás y escriba menos.
error-busy = El servidor está ocupado. Inténtelo en un momento; no se cambió nada.
error-failed = El servidor no pudo hacerlo; no se cambió nada. La razón está en su registro.
error-refused = { $reason } No se cambió nada.

place-hub = Centro
place-national = Nacional
nav-board = Tablero
nav-conflicts = Desacuerdos
nav-questions = Preguntas
nav-hub = Este centro
nav-news = Novedades
nav-queue = Por revisar
nav-picture = Panorama
nav-hubs = Centros
left-out-short = < 10

pager = Páginas de esta lista
pager-here = Página { $page } de { $pages }
pager-previous = Anterior
pager-next = Siguiente
bytes = { $count ->
    [one] { $count-text } byte
   *[other] { $count-text } bytes
}

clock-doubt = El reloj del servidor
clock-doubt-ahead = El reloj de este servidor puede estar mal: muestra { $moment }, { $span } más tarde de lo esperado.
clock-doubt-behind = El reloj de este servidor puede estar mal: muestra { $moment }, { $span } antes de lo esperado.
clock-doubt-what = Hasta que esté bien, no se envía nada a otros servidores y no se borra nada. Si la hora mostrada está mal, corrija el reloj de este ordenador; este aviso desaparecerá. Si está bien, confírmela.
clock-doubt-codes = Hasta entonces, los códigos de seis cifras de su teléfono pueden no servir.
clock-doubt-sure = La hora mostrada aquí es correcta
clock-doubt-do = Confirmar hora
done-clock = Hora confirmada.
reached-title = Personas alcanzadas
reached-below = A cuántas personas llegó el programa en un mes, cada una contada una vez. Un mes sin reportes dice si la violencia falta o calla. Los números van al nivel nacional.
reached-month = Mes
reached-people = Personas alcanzadas
reached-nil = Ningún incidente reportado
reached-enter = Registrar un mes
reached-hint = Cada persona una vez; dejar vacío si nadie contó.
reached-save = Guardar el mes
done-reached = Mes guardado.
refused-reached = Escriba un mes que ya empezó, y un número de personas o que no se reportó ningún incidente.
refused-not-nil = Hay incidentes de este mes aquí: no es un mes sin reportes.
