# El tablero del centro.

board-title = Quién necesita ayuda ahora
board-below = Incidentes abiertos, los más urgentes primero: en cada nivel quien está en peligro o retenido, después lo que vence antes. Los nuevos aparecen solos.
board-count = { $count ->
    [one] { $count-text } incidente
   *[other] { $count-text } incidentes
}
board-empty = Nada aquí. Si filtró, muestre todo.
board-over = Ya no vence nada, o es demasiado tarde
board-overdue = Vencidos, aún posibles
board-asked = Preguntas sin respuesta
board-filter = Filtrar
board-show = Mostrar
board-show-all = Mostrar todos los abiertos
board-not-closed = Todos los abiertos
board-closed = Todos los cerrados
board-only = Solo
board-next-clock = Próximo plazo
find-title = Buscar un incidente
find-hint = Ocho dígitos, el identificador entero o la dirección de su página
find-do = Buscar
find-none = Aquí ningún incidente tiene ese identificador.
board-conflicts = { $count ->
    [one] { $count-text } desacuerdo
   *[other] { $count-text } desacuerdos
}

incident-title = Incidente { $id }
incident-first = Aquí desde
incident-clocks = Plazos
incident-conflicts = Se escribieron cosas distintas
incident-conflicts-below = Ambos valores se guardan hasta que alguien decida. Tome el correcto.
incident-take = Tomar este
incident-what = Qué pasó
incident-statements = Declaraciones
incident-sealed = Selladas para los dispositivos de quienes responden. Este servidor no puede abrirlas. En su dispositivo:
incident-named-there = (vinculado desde allí)
incident-timeline = Historial
incident-respond = Responder

who-hub = el centro
who-device = dispositivo { $number }
who-person = { $handle }, en el tablero
deed-added = añadido
deed-removed = quitado
deed-more = completado

do-act = Anotar una acción
do-refer = Derivar
do-follow = Dar seguimiento
do-move = Cambiar el estado
do-triage = Subir o bajar la urgencia
impossible-title = Esta fecha no puede ser correcta
impossible-below = Es posterior al momento en que este centro supo del incidente, o cien años anterior. Hasta que alguien la corrija cuenta como desconocida: ningún plazo corre y no entra en ningún mes.
correct-day = El día correcto
correct-time = El día y la hora correctos, según la hora de { $zone }
do-assign = Asignar a un dispositivo
do-link = Vincular a otro incidente
follow-due = Previsto para
follow-due-hint = El día del seguimiento; déjelo si se hizo hoy
follow-done = Se hizo ahora
follow-planned = Cuál se hizo
follow-other = otro, no planeado
link-to = El otro incidente
link-to-hint = La dirección de su página o las ocho cifras de su título
link-take-back = Deshacer
hint-pseudonym = Un seudónimo, nunca un nombre
hint-no-names = Sin nombres ni lugares
hint-lowering = Necesaria para bajarla. Sin nombres ni lugares.
assign-nobody = No hay ningún dispositivo de educación de pares inscrito.
assign-has = lo tiene
assign-give = Asignar a { $number }
assign-take-back = Quitar a { $number }
answer-asked = El nivel nacional pregunta
answer-send = Responder
consent-granted = otorgado
consent-not = no otorgado
consent-withdraw = Retirar
consent-below = Una retirada vale de inmediato y en todas partes. Retirar el consentimiento para la respuesta de este centro borra el incidente aquí y en cada dispositivo.
erase-link = Borrar este incidente…
erase-title = ¿Borrar el incidente { $id }?
erase-what = Desaparece de este centro, del nivel nacional y de cada dispositivo que pueda tenerlo, con su historia, sus declaraciones y sus claves. Nada lo recupera. Queda una marca sin contenido, y la página de este centro muestra quién ha confirmado.
erase-sure = La persona sobreviviente lo quiere, o es necesario
erase-do = Borrarlo
withdraw-link = Retirar y borrar…
withdraw-title = ¿Retirar el consentimiento y borrar el incidente { $id }?
withdraw-what = La persona sobreviviente retira su consentimiento para la respuesta de este centro. Eso borra el incidente aquí, en el nivel nacional y en cada dispositivo que pueda tenerlo, con su historia, sus declaraciones y sus claves. Nada lo recupera.
withdraw-sure = La persona sobreviviente ha retirado su consentimiento
withdraw-do = Retirar y borrar

conflicts-none = Nadie está en desacuerdo.
questions-below = Lo que el nivel nacional quiere saber. Las respuestas son códigos; nada de lo que usted escribe sube.
questions-none = El nivel nacional no ha preguntado nada.
questions-open = abierta
alerts-title = Alertas
alerts-below = Avisos sobre un agresor. No dicen nada de quién fue dañado.
alerts-none = No hay alertas vigentes.
alerts-ends = hasta
alerts-elsewhere = de otro centro
alerts-how = Quien responde publica y retira alertas en su propio dispositivo:

hub-below = Dispositivos, lo rechazado, lo borrado.
hub-devices = Dispositivos
hub-device = Dispositivo
hub-role = Función
hub-seen = Visto por última vez
hub-pending = A la espera de cambios anteriores
hub-skew = Reloj
hub-check = Control
hub-do = Acción
hub-revoked = revocado
hub-clock-right = correcto
hub-clock-behind = { $span } de retraso
hub-clock-ahead = { $span } de adelanto
hub-revoke = Revocar
hub-revoke-sure = Está perdido, o quien lo tenía se fue. Se borra en su próximo contacto.
hub-revoke-do = Revocarlo
hub-invite = Invitar un dispositivo
hub-invite-do = Crear un enlace
invited-below = Vale para un dispositivo ({ $role }) y diez minutos. Compare los seis dígitos con los del dispositivo.
hub-refused = Lo rechazado
hub-refused-below = Cambios que este centro no tomó. Se guardan y no bloquean nada más.
hub-refused-none = No se rechazó nada.
hub-why = Razón
hub-when = Cuándo
hub-changes = Cambios
hub-erased = Lo borrado
hub-erased-none = No se borró nada.
hub-erased-on = { $places ->
    [one] Borrado en { $confirmed-text } de { $places-text } lugar
   *[other] Borrado en { $confirmed-text } de { $places-text } lugares
}
hub-not-seen = no ha confirmado; visto por última vez
hub-count-incidents = Incidentes
hub-count-devices = Dispositivos
hub-count-waiting = Cambios en espera
hub-count-refused = Cambios rechazados
hub-count-unsent = Filas aún no enviadas al nivel nacional
areas-title = Zonas
areas-below = Las filas de este centro solo nombran estas zonas. De cualquier otra dicen «desconocido»; el caso mismo queda en el centro tal como está.
areas-none-listed = Nadie ha hecho aún la lista: cuentan las 30 primeras que este centro encuentra.
areas-list = Zonas, una por línea
areas-list-hint = ISO 3166-2, como SN-DK; 100 como máximo. La lista sustituye lo que contaba antes, y las filas se rehacen.
areas-others = Vistas aquí y no comunicadas
role-educator = educador/a de pares
role-responder = equipo de respuesta

done-acted = Anotado.
done-unlinked = El vínculo se deshizo.
done-resolved = Decidido. Cada dispositivo lo sabrá en su próxima sincronización.
done-assigned = Hecho. El dispositivo lo sabrá en su próxima sincronización.
done-erased = Borrado aquí. Los dispositivos lo borran en su próxima sincronización.
done-revoked = Revocado. Se borra en su próximo contacto.
done-areas = La lista está puesta. Las filas se rehacen.
refused-field = { $about } no es correcto.
refused-due = Indique un día para el seguimiento: no antes del reporte ni a más de dos años.
refused-time = Esa fecha tampoco puede ser correcta: es posterior al momento en que este centro supo del incidente, o cien años anterior.
refused-empty = El campo «{ $about }» está vacío.
refused-long = El campo «{ $about }» es demasiado largo: caben { $count-text } letras.
refused-date = El campo «{ $about }» no contiene una fecha.
refused-reason = Para bajar la urgencia hace falta una razón.
refused-full = El incidente está lleno. Registre otro y vincule los dos.
refused-changed = Alguien lo decidió entretanto. Mire otra vez.
refused-stale = Alguien lo cambió después de que usted abrió la página. Mire cómo está ahora y decida de nuevo.
refused-answered = Alguien ya respondió a esta pregunta.
refused-link-self = Un incidente no puede vincularse a sí mismo.
refused-link-unknown = Este centro no tiene ese incidente.
refused-link-ambiguous = Más de un incidente empieza por esas cifras. Pegue la dirección de su página.
refused-link-circle = El otro ya es un duplicado de este. Deshaga primero ese vínculo, o no se cuenta ninguno.
refused-link-form = Eso no nombra ningún incidente. Pegue la dirección de su página o las ocho cifras de su título.
refused-not-sure = Marque la casilla para confirmar.
refused-no-device = No existe ese dispositivo.
refused-areas = Nombre zonas como SN-DK, una por línea, 100 como máximo.
questions-same-here = Puede ser el mismo que:
questions-same-elsewhere = Puede ser el mismo que un incidente de otro centro. Si lo es, responda «contado en otro lugar».
