# Ce que toutes les pages partagent.

number-group = { "\u202F" }
share-percent = { $percent }{ "\u202F" }%

month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
month-short-1 = janv.
month-short-2 = févr.
month-short-3 = mars
month-short-4 = avr.
month-short-5 = mai
month-short-6 = juin
month-short-7 = juil.
month-short-8 = août
month-short-9 = sept.
month-short-10 = oct.
month-short-11 = nov.
month-short-12 = déc.
month-in-day-1 = janv.
month-in-day-2 = févr.
month-in-day-3 = mars
month-in-day-4 = avr.
month-in-day-5 = mai
month-in-day-6 = juin
month-in-day-7 = juil.
month-in-day-8 = août
month-in-day-9 = sept.
month-in-day-10 = oct.
month-in-day-11 = nov.
month-in-day-12 = déc.
date-month = { $month } { $year }
date-month-short = { $month } { $year }
date-day = { $day } { $month } { $year }
date-moment = { $day }, { $time } { $zone }
time-in = dans { $span }
time-ago = il y a { $span }
span-minutes = { $count-text } min
span-hours = { $count-text } h
span-days = { $count ->
    [one] { $count-text } jour
   *[other] { $count-text } jours
}

product = Vicinity
skip-to-content = Aller au contenu
navigation = Pages
signed-in-as = Connecté·e : { $handle }
sign-out = Se déconnecter
settings = Réglages
language = Langue
appearance = Apparence
appearance-system = Comme cet ordinateur
appearance-light = Clair
appearance-dark = Sombre
save = Enregistrer
done-saved = Enregistré.
done-named = Nom enregistré.
refused-name = Un nom est une ligne de 1 à 40 lettres.
name-change = Changer le nom
name-name = Nom
name-hint = Une ligne de 40 lettres au plus.
name-save = Enregistrer le nom
done-signed-out = Vous êtes déconnecté·e.
cancel = Annuler
back = Retour
all = Tout
none = Aucun
yes = Oui
no = Non
not-known = Inconnu
never = jamais
draft-translation = Traduction provisoire : une personne de langue maternelle ne l’a pas encore relue.
data-behind-chart = Les chiffres en tableau
something-new = Il y a du nouveau.
show-it = Afficher

sign-in = Se connecter
sign-in-hint = Connectez-vous avec le nom, le mot de passe et le code à six chiffres que vous avez choisis avec votre lien à usage unique.
sign-in-handle = Nom
sign-in-password = Mot de passe
sign-in-code = Code à six chiffres
sign-in-code-hint = Celui de l’application de codes sur votre téléphone
sign-in-refused = Le nom, le mot de passe ou le code ne conviennent pas. Chaque code sert une fois : attendez le suivant.
sign-in-wait = Trop d’essais. Attendez { $span } et réessayez.
sign-in-expired = Vous avez été déconnecté·e faute d’activité. Reconnectez-vous.
done-not-sent = Vous étiez déconnecté·e, et ce que vous avez envoyé n’a pas été gardé. Connectez-vous : vous revenez à la page et pouvez l’écrire de nouveau.
done-kept = Vous étiez déconnecté·e quand ceci est arrivé, et rien n’a été changé. Connectez-vous : ce que vous avez écrit revient dans son formulaire, et vous pourrez l’envoyer.
done-back = Rien n’a encore été envoyé. Ce que vous avez écrit est de nouveau dans son formulaire : relisez-le et envoyez-le.

welcome = Bienvenue, { $handle }
welcome-intro = Ce lien sert une seule fois. Choisissez un mot de passe et installez votre deuxième facteur ; ensuite vous vous connecterez avec les deux.
welcome-password-step = 1. Choisir un mot de passe
welcome-password-hint = Au moins 12 caractères. Une phrase que vous seul·e connaissez convient bien.
welcome-code-step = 2. Installer les codes sur votre téléphone
welcome-code-hint = Scannez ceci avec une application qui produit des codes à six chiffres, comme Aegis ou FreeOTP, ou tapez la clé.
welcome-key = Clé
welcome-code-now = Le code que l’application affiche maintenant
welcome-enter = Terminer et se connecter
welcome-password-short = Le mot de passe a moins de 12 caractères. Choisissez-en un plus long.
welcome-code-wrong = Le code ne convient pas. Vérifiez l’heure du téléphone et tapez le code affiché maintenant.
welcome-gone = Ce lien a été utilisé ou a expiré. Demandez-en un nouveau à qui gère le serveur.

error-title = Cela n’a pas marché
error-not-found = Cette page n’existe pas, ou ce qu’elle montrait a été effacé.
error-not-allowed = Votre rôle ne le permet pas.
error-form = Le formulaire était incomplet ou ouvert depuis trop longtemps. Revenez en arrière, rechargez la page et réessayez.
error-other-reader = Cette page a été ouverte par une autre personne connectée ici. Rien n’a été changé. Revenez en arrière, rechargez la page et réessayez.
kept-no-form = Le formulaire dans lequel vous avez écrit ceci n’est plus sur cette page. Rien n’a été changé. Copiez ce qu’il vous faut :
error-too-large = C’était plus que ce qu’un formulaire contient. Rien n’a été changé. Revenez en arrière et écrivez moins.
error-busy = Le serveur est occupé. Réessayez dans un instant ; rien n’a été changé.
error-failed = Le serveur n’a pas pu le faire ; rien n’a été changé. La raison est dans son journal.
error-refused = { $reason } Rien n’a été changé.

place-hub = Centre
place-national = National
nav-board = Tableau
nav-conflicts = Désaccords
nav-questions = Questions
nav-hub = Ce centre
nav-news = Nouveautés
nav-queue = À examiner
nav-picture = Vue d’ensemble
nav-hubs = Centres
left-out-short = < 10

pager = Pages de cette liste
pager-here = Page { $page } sur { $pages }
pager-previous = Précédente
pager-next = Suivante
bytes = { $count ->
    [one] { $count-text } octet
   *[other] { $count-text } octets
}

clock-doubt = L’horloge du serveur
clock-doubt-ahead = L’horloge de ce serveur est peut-être fausse : elle indique { $moment }, soit { $span } de plus que prévu.
clock-doubt-behind = L’horloge de ce serveur est peut-être fausse : elle indique { $moment }, soit { $span } de moins que prévu.
clock-doubt-what = Tant qu’elle n’est pas juste, rien n’est envoyé à d’autres serveurs et rien n’est supprimé. Si l’heure affichée est fausse, réglez l’horloge de cet ordinateur ; cet avis disparaît alors. Si elle est juste, confirmez-la.
clock-doubt-codes = D’ici là, les codes à six chiffres de votre téléphone peuvent ne pas convenir.
clock-doubt-sure = L’heure affichée ici est juste
clock-doubt-do = Confirmer l’heure
done-clock = Heure confirmée.
reached-title = Personnes touchées
reached-below = Combien de personnes le programme a touchées en un mois, chacune comptée une fois. Un mois sans signalement dit si la violence est absente ou tue. Les nombres vont au niveau national.
reached-month = Mois
reached-people = Personnes touchées
reached-nil = Aucun incident signalé
reached-enter = Saisir un mois
reached-hint = Chaque personne une fois ; laisser vide si personne n’a compté.
reached-save = Enregistrer le mois
done-reached = Mois enregistré.
refused-reached = Saisissez un mois commencé, et un nombre de personnes ou qu’aucun incident n’a été signalé.
refused-not-nil = Des incidents de ce mois sont ici : ce n’est pas un mois sans signalement.
