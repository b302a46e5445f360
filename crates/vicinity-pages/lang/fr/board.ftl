# Le tableau du centre.

board-title = Qui a besoin d’aide maintenant
board-below = Cas ouverts, les plus urgents d’abord : à chaque niveau, qui est en danger ou retenu, puis ce qui presse le plus. Les nouveaux apparaissent d’eux-mêmes.
board-count = { $count ->
    [one] { $count-text } cas
   *[other] { $count-text } cas
}
board-empty = Rien ici. Si vous avez filtré, affichez tout.
board-over = Plus rien n’est à faire, ou il est trop tard
board-overdue = En retard, encore faisable
board-asked = Questions sans réponse
board-filter = Filtrer
board-show = Afficher
board-show-all = Afficher tous les cas ouverts
board-not-closed = Tous les cas ouverts
board-closed = Tous les cas clos
board-only = Seulement
board-next-clock = Prochaine échéance
find-title = Trouver un cas
find-hint = Huit chiffres, l’identifiant entier ou l’adresse de sa page
find-do = Trouver
find-none = Aucun cas n’a cet identifiant ici.
board-conflicts = { $count ->
    [one] { $count-text } désaccord
   *[other] { $count-text } désaccords
}

incident-title = Cas { $id }
incident-first = Ici depuis
incident-clocks = Échéances
incident-conflicts = On a écrit des choses différentes
incident-conflicts-below = Les deux valeurs restent jusqu’à ce que quelqu’un décide. Prenez la bonne.
incident-take = Prendre celle-ci
incident-what = Ce qui s’est passé
incident-statements = Déclarations
incident-sealed = Scellées pour les appareils des intervenant·es. Ce serveur ne peut pas les ouvrir. Sur votre appareil :
incident-named-there = (lié depuis l’autre)
incident-timeline = Historique
incident-respond = Intervenir

who-hub = le centre
who-device = appareil { $number }
who-person = { $handle }, au tableau
deed-added = ajouté
deed-removed = retiré
deed-more = complété

do-act = Noter une mesure
do-refer = Orienter
do-follow = Suivre
do-move = Changer l’état
do-triage = Monter ou baisser l’urgence
impossible-title = Cette date ne peut pas être juste
impossible-below = Elle est postérieure au moment où ce centre a eu connaissance de l’incident, ou antérieure de cent ans. Tant que personne ne la corrige, elle compte comme inconnue : aucun délai ne court et elle n’entre dans aucun mois.
correct-day = Le bon jour
correct-time = Le bon jour et la bonne heure, à l’heure de { $zone }
do-assign = Confier à un appareil
do-link = Lier à un autre cas
follow-due = Prévu le
follow-due-hint = Le jour du suivi ; laissez tel quel s’il a eu lieu aujourd’hui
follow-done = Fait à l’instant
follow-planned = Lequel a été fait
follow-other = un autre, non prévu
link-to = L’autre cas
link-to-hint = L’adresse de sa page, ou les huit chiffres de son titre
link-take-back = Reprendre
hint-pseudonym = Un pseudonyme, jamais un nom
hint-no-names = Ni noms ni lieux
hint-lowering = Nécessaire pour baisser. Ni noms ni lieux.
assign-nobody = Aucun appareil de pair éducateur n’est inscrit.
assign-has = l’a
assign-give = Confier à { $number }
assign-take-back = Retirer à { $number }
answer-asked = Le national demande
answer-send = Répondre
consent-granted = accordé
consent-not = non accordé
consent-withdraw = Retirer l’accord
consent-below = Un retrait vaut tout de suite et partout. Retirer l’accord pour la réponse par ce centre efface le cas ici et sur chaque appareil.
erase-link = Effacer ce cas…
erase-title = Effacer le cas { $id } ?
erase-what = Il disparaît de ce centre, du national et de chaque appareil qui peut l’avoir, avec son histoire, ses déclarations et leurs clés. Rien ne le ramène. Une marque sans contenu reste, et la page de ce centre montre qui a confirmé.
erase-sure = La personne le veut, ou il le faut
erase-do = Effacer
withdraw-link = Retirer et effacer…
withdraw-title = Retirer le consentement et effacer le cas { $id } ?
withdraw-what = La personne retire son consentement à la réponse par ce centre. Cela efface le cas ici, au national et sur chaque appareil qui peut l’avoir, avec son histoire, ses déclarations et leurs clés. Rien ne le ramène.
withdraw-sure = La personne a retiré son consentement
withdraw-do = Retirer et effacer

conflicts-none = Personne n’est en désaccord.
questions-below = Ce que le national veut savoir. Les réponses sont des codes ; rien de ce que vous tapez ne remonte.
questions-none = Le national n’a rien demandé.
questions-open = ouverte
alerts-title = Alertes
alerts-below = Mises en garde contre un agresseur. Elles ne disent rien de la personne touchée.
alerts-none = Aucune alerte en cours.
alerts-ends = jusqu’au
alerts-elsewhere = d’un autre centre
alerts-how = Un·e intervenant·e publie et retire les alertes sur son propre appareil :

hub-below = Appareils, refus, effacements.
hub-devices = Appareils
hub-device = Appareil
hub-role = Rôle
hub-seen = Vu la dernière fois
hub-pending = En attente de changements antérieurs
hub-skew = Horloge
hub-check = Contrôle
hub-do = Action
hub-revoked = révoqué
hub-clock-right = juste
hub-clock-behind = retard de { $span }
hub-clock-ahead = avance de { $span }
hub-revoke = Révoquer
hub-revoke-sure = Il est perdu, ou la personne qui l’avait est partie. Il s’efface à son prochain contact.
hub-revoke-do = Le révoquer
hub-invite = Inviter un appareil
hub-invite-do = Créer un lien
invited-below = Valable pour un appareil ({ $role }) et dix minutes. Comparez les six chiffres avec ceux de l’appareil.
hub-refused = Ce qui a été refusé
hub-refused-below = Changements que ce centre n’a pas pris. Ils sont gardés et ne bloquent rien d’autre.
hub-refused-none = Rien n’a été refusé.
hub-why = Raison
hub-when = Quand
hub-changes = Changements
hub-erased = Ce qui a été effacé
hub-erased-none = Rien n’a été effacé.
hub-erased-on = { $confirmed ->
    [one] Effacé à { $confirmed-text } endroit sur { $places-text }
   *[other] Effacé à { $confirmed-text } endroits sur { $places-text }
}
hub-not-seen = n’a pas confirmé ; vu la dernière fois
hub-count-incidents = Cas
hub-count-devices = Appareils
hub-count-waiting = Changements en attente
hub-count-refused = Changements refusés
hub-count-unsent = Lignes pas encore au national
areas-title = Zones
areas-below = Les lignes de ce centre ne nomment que ces zones. Pour toute autre, elles disent « inconnu » ; le cas lui-même reste au centre tel qu’il est.
areas-none-listed = Personne n’en a encore établi la liste : les 30 premières que ce centre rencontre comptent.
areas-list = Zones, une par ligne
areas-list-hint = ISO 3166-2, comme SN-DK ; 100 au plus. La liste remplace ce qui comptait avant, et les lignes sont refaites.
areas-others = Vues ici et non transmises
role-educator = pair éducateur·trice
role-responder = intervenant·e

done-acted = Noté.
done-unlinked = Le lien est repris.
done-resolved = Décidé. Chaque appareil l’apprend à sa prochaine synchronisation.
done-assigned = Fait. L’appareil l’apprend à sa prochaine synchronisation.
done-erased = Effacé ici. Les appareils l’effacent à leur prochaine synchronisation.
done-revoked = Révoqué. Il s’efface à son prochain contact.
done-areas = La liste est en place. Les lignes sont refaites.
refused-field = { $about } ne convient pas.
refused-due = Indiquez un jour pour le suivi : pas avant le signalement, ni dans plus de deux ans.
refused-time = Cette date ne peut pas être juste non plus : elle est postérieure au moment où ce centre a eu connaissance de l’incident, ou antérieure de cent ans.
refused-empty = Le champ « { $about } » est vide.
refused-long = Le champ « { $about } » est trop long : { $count-text } lettres y tiennent.
refused-date = Le champ « { $about } » ne contient pas de date.
refused-reason = Pour baisser l’urgence, il faut une raison.
refused-full = Le cas est plein. Enregistrez-en un autre et liez les deux.
refused-changed = Quelqu’un a décidé entre-temps. Regardez à nouveau.
refused-stale = Quelqu’un l’a changé après que vous avez ouvert la page. Regardez où cela en est et décidez de nouveau.
refused-answered = Quelqu’un a déjà répondu à cette question.
refused-link-self = Un cas ne peut pas être lié à lui-même.
refused-link-unknown = Ce centre n’a pas ce cas.
refused-link-ambiguous = Plusieurs cas commencent par ces chiffres. Collez l’adresse de sa page.
refused-link-circle = L’autre est déjà un doublon de celui-ci. Reprenez d’abord ce lien, sinon aucun des deux n’est compté.
refused-link-form = Cela ne désigne aucun cas. Collez l’adresse de sa page, ou les huit chiffres de son titre.
refused-not-sure = Cochez la case pour confirmer.
refused-no-device = Cet appareil n’existe pas.
refused-areas = Nommez des zones comme SN-DK, une par ligne, 100 au plus.
questions-same-here = Peut-être le même que :
questions-same-elsewhere = Peut-être le même qu’un incident d’un autre centre. Si oui, répondez « compté ailleurs ».
