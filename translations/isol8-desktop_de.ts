<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Connections</name>
    <message>
        <source>&quot;%1&quot; is no address of a service; write https://host:port or http://host:port.</source>
        <translation>„%1“ ist keine Adresse eines Dienstes; schreiben Sie https://host:port oder http://host:port.</translation>
    </message>
</context>
<context>
    <name>Program</name>
    <message>
        <source>This is no isol8 document that this version reads.</source>
        <translation>Das ist kein isol8-Dokument, das diese Version liest.</translation>
    </message>
    <message>
        <source>%1 is no text in UTF-8.</source>
        <translation>%1 ist kein Text in UTF-8.</translation>
    </message>
</context>
<context>
    <name>Texts</name>
    <message>
        <source>Completed</source>
        <translation>Beendet</translation>
    </message>
    <message>
        <source>Killed by a signal</source>
        <translation>Von einem Signal beendet</translation>
    </message>
    <message>
        <source>Out of time</source>
        <translation>Zeit abgelaufen</translation>
    </message>
    <message>
        <source>Out of memory</source>
        <translation>Speicher erschöpft</translation>
    </message>
    <message>
        <source>Disk full</source>
        <translation>Speicherplatz voll</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Setup failed</source>
        <translation>Vorbereitung fehlgeschlagen</translation>
    </message>
    <message>
        <source>Session lost</source>
        <translation>Sitzung verloren</translation>
    </message>
    <message>
        <source>Could not run</source>
        <translation>Konnte nicht laufen</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 MB</source>
        <translation>%1 MB</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 h</translation>
    </message>
    <message>
        <source>%1, exit code %2, in %3</source>
        <translation>%1, Exit-Code %2, in %3</translation>
    </message>
    <message>
        <source>Docker does not answer. Is it installed and started?</source>
        <translation>Docker antwortet nicht. Ist es installiert und gestartet?</translation>
    </message>
    <message>
        <source>This user may not use Docker; the group &quot;docker&quot; usually may.</source>
        <translation>Dieser Benutzer darf Docker nicht verwenden; die Gruppe „docker“ darf es meist.</translation>
    </message>
    <message>
        <source>Docker went away while the program ran.</source>
        <translation>Docker verschwand, während das Programm lief.</translation>
    </message>
    <message>
        <source>The image that this runtime&apos;s sandboxes start from is missing; it is made on the Images page.</source>
        <translation>Das Image, mit dem die Sandkästen dieser Laufzeit beginnen, fehlt; gemacht wird es auf der Seite Images.</translation>
    </message>
    <message>
        <source>The service does not answer. Is its address right, and is it running?</source>
        <translation>Der Dienst antwortet nicht. Stimmt seine Adresse, und läuft er?</translation>
    </message>
    <message>
        <source>The connection to the service broke while the program ran.</source>
        <translation>Die Verbindung zum Dienst brach ab, während das Programm lief.</translation>
    </message>
    <message>
        <source>The service wants a key; give it on the Connections page.</source>
        <translation>Der Dienst verlangt einen Schlüssel; geben Sie ihn auf der Seite Verbindungen an.</translation>
    </message>
    <message>
        <source>The service does not take the key; give another on the Connections page.</source>
        <translation>Der Dienst nimmt den Schlüssel nicht an; geben Sie auf der Seite Verbindungen einen anderen an.</translation>
    </message>
    <message>
        <source>Nobody that this computer trusts vouches for the service&apos;s certificate.</source>
        <translation>Niemand, dem dieser Rechner vertraut, bürgt für das Zertifikat des Dienstes.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ActionRegistry</name>
    <message>
        <source>&amp;New program</source>
        <translation>&amp;Neues Programm</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>Ö&amp;ffnen …</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Speichern</translation>
    </message>
    <message>
        <source>Save &amp;as…</source>
        <translation>Speichern &amp;unter …</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Find</source>
        <translation>&amp;Suchen</translation>
    </message>
    <message>
        <source>Copy as &amp;command line</source>
        <translation>Als &amp;Befehlszeile kopieren</translation>
    </message>
    <message>
        <source>Copy as c&amp;url</source>
        <translation>Als c&amp;url kopieren</translation>
    </message>
    <message>
        <source>Copy as C+&amp;+</source>
        <translation>Als C+&amp;+ kopieren</translation>
    </message>
    <message>
        <source>Copy the &amp;output</source>
        <translation>Ausgabe &amp;kopieren</translation>
    </message>
    <message>
        <source>Sa&amp;ve the output…</source>
        <translation>Ausgabe s&amp;peichern …</translation>
    </message>
    <message>
        <source>C&amp;lear the output</source>
        <translation>Ausgabe &amp;leeren</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>&amp;Ausführen</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>An&amp;halten</translation>
    </message>
    <message>
        <source>Run on &amp;several…</source>
        <translation>Auf &amp;mehreren ausführen …</translation>
    </message>
    <message>
        <source>&amp;Give it files…</source>
        <translation>&amp;Dateien mitgeben …</translation>
    </message>
    <message>
        <source>San&amp;dboxes</source>
        <translation>San&amp;dkästen</translation>
    </message>
    <message>
        <source>&amp;History</source>
        <translation>Ver&amp;lauf</translation>
    </message>
    <message>
        <source>&amp;Images</source>
        <translation>&amp;Images</translation>
    </message>
    <message>
        <source>&amp;Connections</source>
        <translation>&amp;Verbindungen</translation>
    </message>
    <message>
        <source>&amp;Settings</source>
        <translation>&amp;Einstellungen</translation>
    </message>
    <message>
        <source>Show the &amp;options of the run</source>
        <translation>&amp;Optionen des Laufs zeigen</translation>
    </message>
    <message>
        <source>Dar&amp;k colours</source>
        <translation>D&amp;unkle Farben</translation>
    </message>
    <message>
        <source>Command &amp;palette…</source>
        <translation>Befehls&amp;palette …</translation>
    </message>
    <message>
        <source>&amp;About isol8</source>
        <translation>&amp;Über isol8</translation>
    </message>
    <message>
        <source>Check-&amp;up</source>
        <translation>&amp;Prüfung</translation>
    </message>
    <message>
        <source>&amp;Back to the one before</source>
        <translation>&amp;Zurück zum vorigen</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::BuildDialog</name>
    <message>
        <source>Build an image</source>
        <translation>Ein Image bauen</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Für</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>Pakete</translation>
    </message>
    <message>
        <source>Debian packages</source>
        <translation>Debian-Pakete</translation>
    </message>
    <message>
        <source>Setup script</source>
        <translation>Vorbereitungsskript</translation>
    </message>
    <message>
        <source>Run by bash before each program</source>
        <translation>Von bash vor jedem Programm ausgeführt</translation>
    </message>
    <message>
        <source>Build</source>
        <translation>Bauen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CheckUp</name>
    <message>
        <source>The configuration in %1 is good.</source>
        <translation>Die Konfiguration in %1 ist in Ordnung.</translation>
    </message>
    <message>
        <source>There is no configuration file; the defaults hold.</source>
        <translation>Es gibt keine Konfigurationsdatei; die Vorgaben gelten.</translation>
    </message>
    <message>
        <source>Mend it in Settings.</source>
        <translation>Berichtigen Sie sie in den Einstellungen.</translation>
    </message>
    <message>
        <source>Docker answers at %1.</source>
        <translation>Docker antwortet unter %1.</translation>
    </message>
    <message>
        <source>The images of all runtimes are there.</source>
        <translation>Die Images aller Laufzeiten sind da.</translation>
    </message>
    <message>
        <source>Images are missing: %1.</source>
        <translation>Es fehlen Images: %1.</translation>
    </message>
    <message>
        <source>Make them with the button below.</source>
        <translation>Erstellen Sie sie mit dem Knopf unten.</translation>
    </message>
    <message>
        <source>It runs Linux containers.</source>
        <translation>Es führt Linux-Container aus.</translation>
    </message>
    <message>
        <source>Docker %1 answers.</source>
        <translation>Docker %1 antwortet.</translation>
    </message>
    <message>
        <source>Its architecture is %1.</source>
        <translation>Seine Architektur ist %1.</translation>
    </message>
    <message>
        <source>Docker can limit memory.</source>
        <translation>Docker kann den Speicher begrenzen.</translation>
    </message>
    <message>
        <source>Docker cannot limit memory here.</source>
        <translation>Docker kann den Speicher hier nicht begrenzen.</translation>
    </message>
    <message>
        <source>Docker can limit swap.</source>
        <translation>Docker kann den Auslagerungsspeicher begrenzen.</translation>
    </message>
    <message>
        <source>Docker cannot limit swap here.</source>
        <translation>Docker kann den Auslagerungsspeicher hier nicht begrenzen.</translation>
    </message>
    <message>
        <source>Docker can limit CPU time.</source>
        <translation>Docker kann die Prozessorzeit begrenzen.</translation>
    </message>
    <message>
        <source>Docker cannot limit CPU time here.</source>
        <translation>Docker kann die Prozessorzeit hier nicht begrenzen.</translation>
    </message>
    <message>
        <source>Docker can limit the number of processes.</source>
        <translation>Docker kann die Zahl der Prozesse begrenzen.</translation>
    </message>
    <message>
        <source>Docker cannot limit the number of processes here.</source>
        <translation>Docker kann die Zahl der Prozesse hier nicht begrenzen.</translation>
    </message>
    <message>
        <source>It filters system calls (seccomp).</source>
        <translation>Es filtert Systemaufrufe (seccomp).</translation>
    </message>
    <message>
        <source>It cannot filter system calls (seccomp).</source>
        <translation>Es kann Systemaufrufe nicht filtern (seccomp).</translation>
    </message>
    <message>
        <source>%1 MiB are free where Docker keeps its images (%2).</source>
        <translation>%1 MiB sind frei, wo Docker seine Images hat (%2).</translation>
    </message>
    <message>
        <source>Only %1 MiB are free where Docker keeps its images (%2).</source>
        <translation>Nur %1 MiB sind frei, wo Docker seine Images hat (%2).</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CheckUpView</name>
    <message>
        <source>Look again</source>
        <translation>Noch einmal prüfen</translation>
    </message>
    <message>
        <source>Make the images</source>
        <translation>Images erstellen</translation>
    </message>
    <message>
        <source>Run a first program</source>
        <translation>Ein erstes Programm ausführen</translation>
    </message>
    <message>
        <source>What was looked at</source>
        <translation>Was geprüft wurde</translation>
    </message>
    <message>
        <source>Looking at what a sandbox needs…</source>
        <translation>Prüft, was ein Sandkasten braucht …</translation>
    </message>
    <message>
        <source>All is ready: programs run in sandboxes.</source>
        <translation>Alles ist bereit: Programme laufen in Sandkästen.</translation>
    </message>
    <message>
        <source>One step is left: the images that sandboxes start from.</source>
        <translation>Ein Schritt fehlt noch: die Images, aus denen Sandkästen starten.</translation>
    </message>
    <message>
        <source>Something is in the way of sandboxes.</source>
        <translation>Etwas steht den Sandkästen im Weg.</translation>
    </message>
    <message>
        <source>In order: %1</source>
        <translation>In Ordnung: %1</translation>
    </message>
    <message>
        <source>Advice: %1</source>
        <translation>Rat: %1</translation>
    </message>
    <message>
        <source>Problem: %1</source>
        <translation>Problem: %1</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CodeEditor</name>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>The program to run. Tab is part of the text; Ctrl-Tab leaves the editor.</source>
        <translation>Das auszuführende Programm. Tab gehört zum Text; Strg-Tab verlässt den Editor.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CommandPalette</name>
    <message>
        <source>Command palette</source>
        <translation>Befehlspalette</translation>
    </message>
    <message>
        <source>What would you like to do?</source>
        <translation>Was möchten Sie tun?</translation>
    </message>
    <message>
        <source>Name of a command</source>
        <translation>Name eines Befehls</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ConnectionController</name>
    <message>
        <source>the engine of isol8 serve --local</source>
        <translation>der Dienst von isol8 serve --local</translation>
    </message>
    <message>
        <source>No keychain answers here. The key is in a file, encrypted by a key that is in your data folder, too: who can read your files can read it.</source>
        <translation>Hier antwortet kein Schlüsselbund. Der Schlüssel liegt in einer Datei, verschlüsselt mit einem Schlüssel, der ebenfalls in Ihrem Datenordner liegt: Wer Ihre Dateien lesen kann, kann ihn lesen.</translation>
    </message>
    <message>
        <source>The key is in the system&apos;s keychain.</source>
        <translation>Der Schlüssel liegt im Schlüsselbund des Systems.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ConnectionView</name>
    <message>
        <source>Add a service…</source>
        <translation>Dienst hinzufügen …</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>Jetzt versuchen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>Was getan wurde</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>Verbindet …</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::Desktop</name>
    <message>
        <source>A run has ended</source>
        <translation>Ein Lauf ist zu Ende</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>Anhalten und schließen</translation>
    </message>
    <message>
        <source>Keep running</source>
        <translation>Weiterlaufen lassen</translation>
    </message>
    <message>
        <source>Show isol8</source>
        <translation>isol8 zeigen</translation>
    </message>
    <message numerus="yes">
        <source>isol8: %n program(s) running</source>
        <translation>
            <numerusform>isol8: %n Programm läuft</numerusform>
            <numerusform>isol8: %n Programme laufen</numerusform>
        </translation>
    </message>
    <message>
        <source>Open a program</source>
        <translation>Ein Programm öffnen</translation>
    </message>
    <message>
        <source>Programs (*.isol8 *.py *.js *.mjs *.cjs *.ts *.tsx *.jsx *.mts *.sh)</source>
        <translation>Programme (*.isol8 *.py *.js *.mjs *.cjs *.ts *.tsx *.jsx *.mts *.sh)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Give files to the program</source>
        <translation>Dem Programm Dateien mitgeben</translation>
    </message>
    <message>
        <source>About isol8</source>
        <translation>Über isol8</translation>
    </message>
    <message>
        <source>isol8 %1 runs code that nobody trusts, each program in a sandbox of its own. Licence: GPL 3 or later.</source>
        <translation>isol8 %1 führt Programme aus, denen niemand traut, jedes in einem eigenen Sandkasten. Lizenz: GPL 3 oder neuer.</translation>
    </message>
    <message>
        <source>Save the program</source>
        <translation>Das Programm speichern</translation>
    </message>
    <message>
        <source>isol8 documents (*.isol8)</source>
        <translation>isol8-Dokumente (*.isol8)</translation>
    </message>
    <message>
        <source>The program alone (*)</source>
        <translation>Nur das Programm (*)</translation>
    </message>
    <message>
        <source>Copied. Secrets stand there by name alone.</source>
        <translation>Kopiert. Geheimnisse stehen nur mit Namen darin.</translation>
    </message>
    <message>
        <source>The settings hold once no program runs and no session is open: those would be lost.</source>
        <translation>Die Einstellungen gelten, sobald kein Programm läuft und keine Sitzung offen ist: diese gingen sonst verloren.</translation>
    </message>
    <message>
        <source>%1: %2 It is tried again by itself.</source>
        <translation>%1: %2 Es wird von selbst wieder versucht.</translation>
    </message>
    <message>
        <source>Programs are running</source>
        <translation>Programme laufen</translation>
    </message>
    <message numerus="yes">
        <source>%n program(s) are running. Stop and close isol8?</source>
        <translation>
            <numerusform>%n Programm läuft. Beenden und isol8 schließen?</numerusform>
            <numerusform>%n Programme laufen. Beenden und isol8 schließen?</numerusform>
        </translation>
    </message>
    <message>
        <source>Copied, without the files that are given to it. Secrets stand there by name alone.</source>
        <translation>Kopiert, ohne die Dateien, die es bekommt. Geheimnisse stehen nur mit Namen darin.</translation>
    </message>
    <message>
        <source>The program that was here is not saved; &quot;Back to the one before&quot; brings it again.</source>
        <translation>Das Programm, das hier stand, ist nicht gespeichert; „Zurück zum vorigen“ bringt es wieder.</translation>
    </message>
    <message>
        <source>%1 is no JSON object; mend or remove it first.</source>
        <translation>%1 ist kein JSON-Objekt; berichtigen oder entfernen Sie es zuerst.</translation>
    </message>
    <message>
        <source>Left out of the document, since it would open the sandbox&apos;s walls: %1. What you want of it is yours to choose.</source>
        <translation>Aus dem Dokument weggelassen, weil es die Wände des Sandkastens öffnen würde: %1. Was Sie davon wollen, wählen Sie selbst.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::DiffDialog</name>
    <message>
        <source>%1 lines added, %2 removed</source>
        <translation>%1 Zeilen hinzugefügt, %2 entfernt</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::EngineHub</name>
    <message>
        <source>This computer</source>
        <translation>Dieser Rechner</translation>
    </message>
    <message>
        <source>Background engine</source>
        <translation>Hintergrunddienst</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FilesModel</name>
    <message>
        <source>new</source>
        <translation>neu</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>geändert</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Änderung</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FilesPane</name>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Save to…</source>
        <translation>Speichern in …</translation>
    </message>
    <message>
        <source>Files of the sandbox</source>
        <translation>Dateien des Sandkastens</translation>
    </message>
    <message>
        <source>No files. Drop some here to give them to the program.</source>
        <translation>Keine Dateien. Legen Sie welche hier ab, um sie dem Programm mitzugeben.</translation>
    </message>
    <message>
        <source>Nothing was changed</source>
        <translation>Nichts wurde geändert</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) new or changed</source>
        <translation>
            <numerusform>%n Datei neu oder geändert</numerusform>
            <numerusform>%n Dateien neu oder geändert</numerusform>
        </translation>
    </message>
    <message>
        <source>Save the file</source>
        <translation>Die Datei speichern</translation>
    </message>
    <message>
        <source>A binary file of %1 bytes.</source>
        <translation>Eine Binärdatei von %1 Bytes.</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>Hinzufügen …</translation>
    </message>
    <message>
        <source>Files of this computer for the program; they can be dropped here, too</source>
        <translation>Dateien dieses Rechners für das Programm; sie lassen sich auch hier ablegen</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>Dateien hinzufügen</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n Datei</numerusform>
            <numerusform>%n Dateien</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n are shown</source>
        <translation>
            <numerusform>%n wird gezeigt</numerusform>
            <numerusform>%n werden gezeigt</numerusform>
        </translation>
    </message>
    <message>
        <source>A text of %1 bytes, too large to be shown; save it to look into it.</source>
        <translation>Ein Text von %1 Byte, zu groß, um gezeigt zu werden; speichern Sie ihn, um hineinzusehen.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FindBar</name>
    <message>
        <source>Find</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Text to find</source>
        <translation>Gesuchter Text</translation>
    </message>
    <message>
        <source>Find the one before</source>
        <translation>Voriges suchen</translation>
    </message>
    <message>
        <source>Find the next</source>
        <translation>Nächstes suchen</translation>
    </message>
    <message>
        <source>Close the search</source>
        <translation>Suche schließen</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::HistoryModel</name>
    <message>
        <source>Exit code %1</source>
        <translation>Exit-Code %1</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Ende</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::HistoryStore</name>
    <message>
        <source>The history cannot be kept: %1</source>
        <translation>Der Verlauf lässt sich nicht führen: %1</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>What isol8 said</source>
        <translation>Was isol8 sagte</translation>
    </message>
    <message>
        <source>The history was damaged. What there was of it is in %1; a new one was begun.</source>
        <translation>Der Verlauf war beschädigt. Was es davon gab, liegt in %1; ein neuer wurde begonnen.</translation>
    </message>
    <message>
        <source>The history cannot be written now: %1. It is tried again by itself.</source>
        <translation>Der Verlauf kann gerade nicht geschrieben werden: %1. Es wird von selbst wieder versucht.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::HistoryView</name>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>Noch einmal ausführen</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Search programs and their output</source>
        <translation>Programme und ihre Ausgabe durchsuchen</translation>
    </message>
    <message>
        <source>Search the history</source>
        <translation>Den Verlauf durchsuchen</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>The run that is chosen</source>
        <translation>Der gewählte Lauf</translation>
    </message>
    <message>
        <source>Choose two runs to compare them</source>
        <translation>Wählen Sie zwei Läufe, um sie zu vergleichen</translation>
    </message>
    <message>
        <source>Two runs compared</source>
        <translation>Zwei Läufe im Vergleich</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ImageController</name>
    <message>
        <source>Docker was not asked yet.</source>
        <translation>Docker wurde noch nicht gefragt.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ImageModel</name>
    <message>
        <source>Missing</source>
        <translation>Fehlt</translation>
    </message>
    <message>
        <source>Out of date</source>
        <translation>Veraltet</translation>
    </message>
    <message>
        <source>Up to date</source>
        <translation>Aktuell</translation>
    </message>
    <message>
        <source>Of your own, for %1</source>
        <translation>Eigenes, für %1</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Image</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>Pakete</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Erstellt</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ImageView</name>
    <message>
        <source>Make what is missing</source>
        <translation>Fehlendes erstellen</translation>
    </message>
    <message>
        <source>Build one of your own…</source>
        <translation>Ein eigenes bauen …</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Images</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>What a build says appears here.</source>
        <translation>Was ein Bau meldet, erscheint hier.</translation>
    </message>
    <message>
        <source>How it goes</source>
        <translation>Fortgang</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Startet …</translation>
    </message>
    <message>
        <source>Remove an image</source>
        <translation>Ein Image entfernen</translation>
    </message>
    <message>
        <source>Remove the image %1?</source>
        <translation>Das Image %1 entfernen?</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Cancelled; nothing of it is left.</source>
        <translation>Abgebrochen; nichts davon ist übrig.</translation>
    </message>
    <message>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
    <message>
        <source>Whose images</source>
        <translation>Wessen Images</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::MainWindow</name>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Something is wrong</source>
        <translation>Etwas stimmt nicht</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>Was nicht stimmt</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>&amp;Ausführen</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::NetworkBar</name>
    <message>
        <source>Once</source>
        <translation>Einmal</translation>
    </message>
    <message>
        <source>Run it again, with this host allowed this time</source>
        <translation>Noch einmal ausführen, diesmal mit diesem Host erlaubt</translation>
    </message>
    <message>
        <source>For now</source>
        <translation>Vorerst</translation>
    </message>
    <message>
        <source>Allow it until this window is closed, and run again</source>
        <translation>Erlauben, bis dieses Fenster geschlossen wird, und noch einmal ausführen</translation>
    </message>
    <message>
        <source>Always</source>
        <translation>Immer</translation>
    </message>
    <message>
        <source>Put it into the configuration&apos;s whitelist, and run again</source>
        <translation>In die Erlaubnisliste der Konfiguration aufnehmen und noch einmal ausführen</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nie</translation>
    </message>
    <message>
        <source>Put it into the configuration&apos;s blacklist</source>
        <translation>In die Sperrliste der Konfiguration aufnehmen</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Jetzt nicht</translation>
    </message>
    <message>
        <source>It wants to talk to %1. Allow it?</source>
        <translation>Es möchte %1 erreichen. Erlauben?</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::OptionsPanel</name>
    <message>
        <source>As configured</source>
        <translation>Wie eingestellt</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keines</translation>
    </message>
    <message>
        <source>Only the hosts below</source>
        <translation>Nur die Hosts unten</translation>
    </message>
    <message>
        <source>The host&apos;s own, no walls</source>
        <translation>Das des Hosts, ohne Wände</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>Allowed hosts</source>
        <translation>Erlaubte Hosts</translation>
    </message>
    <message>
        <source>One a line; none: every public host</source>
        <translation>Je Zeile einer; keiner: jeder öffentliche Host</translation>
    </message>
    <message>
        <source>Refused hosts</source>
        <translation>Gesperrte Hosts</translation>
    </message>
    <message>
        <source>One a line; these win over the allowed ones</source>
        <translation>Je Zeile einer; diese gehen den erlaubten vor</translation>
    </message>
    <message>
        <source>Time limit</source>
        <translation>Zeitgrenze</translation>
    </message>
    <message>
        <source>After this time the run is ended: 500, 30s, 2m</source>
        <translation>Nach dieser Zeit wird der Lauf beendet: 500, 30s, 2m</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Of the whole sandbox, its files included</source>
        <translation>Des ganzen Sandkastens samt seinen Dateien</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPUs</translation>
    </message>
    <message>
        <source>0.5 is half of one</source>
        <translation>0.5 ist eine halbe</translation>
    </message>
    <message>
        <source>Processes</source>
        <translation>Prozesse</translation>
    </message>
    <message>
        <source>Processes and threads at once</source>
        <translation>Prozesse und Threads zugleich</translation>
    </message>
    <message>
        <source>Space in /sandbox</source>
        <translation>Platz in /sandbox</translation>
    </message>
    <message>
        <source>How much its files may take</source>
        <translation>Wie viel seine Dateien belegen dürfen</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>Of each stream; what is more is dropped</source>
        <translation>Je Strom; was darüber ist, entfällt</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>Pakete</translation>
    </message>
    <message>
        <source>Installed before the program, with spaces between</source>
        <translation>Vor dem Programm installiert, durch Leerzeichen getrennt</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation>Argumente</translation>
    </message>
    <message>
        <source>For the program, quoted as in a shell</source>
        <translation>Für das Programm, in Anführungszeichen wie in der Shell</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Image</translation>
    </message>
    <message>
        <source>A custom image; empty: the runtime&apos;s own</source>
        <translation>Ein eigenes Image; leer: das der Laufzeit</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Keep the sandbox between runs under this name; empty: a fresh one each time</source>
        <translation>Den Sandkasten unter diesem Namen zwischen Läufen behalten; leer: jedes Mal ein neuer</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>Umgebung</translation>
    </message>
    <message>
        <source>One variable a line</source>
        <translation>Je Zeile eine Variable</translation>
    </message>
    <message>
        <source>Secrets</source>
        <translation>Geheimnisse</translation>
    </message>
    <message>
        <source>As variables; never saved, and hidden in the output</source>
        <translation>Als Variablen; nie gespeichert und in der Ausgabe verborgen</translation>
    </message>
    <message>
        <source>Setup script</source>
        <translation>Vorbereitungsskript</translation>
    </message>
    <message>
        <source>Run by bash before the program</source>
        <translation>Von bash vor dem Programm ausgeführt</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>What the program reads from its stdin</source>
        <translation>Was das Programm von stdin liest</translation>
    </message>
    <message>
        <source>I type its input</source>
        <translation>Ich tippe die Eingabe</translation>
    </message>
    <message>
        <source>Stdin stays open, with a line to type into below the output</source>
        <translation>Stdin bleibt offen, mit einer Eingabezeile unter der Ausgabe</translation>
    </message>
    <message>
        <source>In a terminal</source>
        <translation>In einem Terminal</translation>
    </message>
    <message>
        <source>The program gets a terminal of its own</source>
        <translation>Das Programm bekommt ein eigenes Terminal</translation>
    </message>
    <message>
        <source>Files given to it</source>
        <translation>Mitgegebene Dateien</translation>
    </message>
    <message>
        <source>Give none</source>
        <translation>Keine mitgeben</translation>
    </message>
    <message>
        <source>%1: write a number.</source>
        <translation>%1: Schreiben Sie eine Zahl.</translation>
    </message>
    <message>
        <source>None; drop files on the file list</source>
        <translation>Keine; legen Sie Dateien auf der Dateiliste ab</translation>
    </message>
    <message>
        <source>Begins with snapshot</source>
        <translation>Beginnt mit Schnappschuss</translation>
    </message>
    <message>
        <source>What a new session&apos;s /sandbox begins with; the Sandboxes page lists snapshots</source>
        <translation>Womit /sandbox einer neuen Sitzung beginnt; die Seite Sandkästen zeigt die Schnappschüsse</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::OutputView</name>
    <message>
        <source>Output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>What the program has written; stderr is red</source>
        <translation>Was das Programm geschrieben hat; stderr ist rot</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ResultsPane</name>
    <message>
        <source>A picture that cannot be shown.</source>
        <translation>Ein Bild, das sich nicht zeigen lässt.</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>A value of the type %1 cannot be shown.</source>
        <translation>Ein Wert vom Typ %1 lässt sich nicht zeigen.</translation>
    </message>
    <message>
        <source>A picture that cannot be read.</source>
        <translation>Ein Bild, das sich nicht lesen lässt.</translation>
    </message>
    <message>
        <source>Picture, %1 by %2</source>
        <translation>Bild, %1 mal %2</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunController</name>
    <message>
        <source>The connection that this program was for is not there any more; choose another.</source>
        <translation>Die Verbindung für dieses Programm gibt es nicht mehr; wählen Sie eine andere.</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>Waiting, at place %1 of the queue</source>
        <translation>Wartet, an Stelle %1 der Schlange</translation>
    </message>
    <message>
        <source>The connection was removed while the program ran.</source>
        <translation>Die Verbindung wurde entfernt, während das Programm lief.</translation>
    </message>
    <message>
        <source>The sandbox of that run is gone; its file was not kept.</source>
        <translation>Der Sandkasten jenes Laufs ist weg; seine Datei wurde nicht behalten.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunView</name>
    <message>
        <source>Options of the run</source>
        <translation>Optionen des Laufs</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>Where it runs</source>
        <translation>Wo es läuft</translation>
    </message>
    <message>
        <source>&amp;On</source>
        <translation>&amp;Auf</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>Terminal</source>
        <translation>Terminal</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>CPU and memory</source>
        <translation>CPU und Speicher</translation>
    </message>
    <message>
        <source>What the run brings</source>
        <translation>Was der Lauf bringt</translation>
    </message>
    <message>
        <source>Type a line for the program</source>
        <translation>Eine Zeile für das Programm tippen</translation>
    </message>
    <message>
        <source>Input for the program</source>
        <translation>Eingabe für das Programm</translation>
    </message>
    <message>
        <source>End of input</source>
        <translation>Eingabe beenden</translation>
    </message>
    <message>
        <source>How the run goes</source>
        <translation>Wie der Lauf vorangeht</translation>
    </message>
    <message>
        <source>Ready. Ctrl-Enter runs the program.</source>
        <translation>Bereit. Strg-Enter führt das Programm aus.</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Startet …</translation>
    </message>
    <message>
        <source>Running, %1</source>
        <translation>Läuft, %1</translation>
    </message>
    <message>
        <source>Results (%1)</source>
        <translation>Ergebnisse (%1)</translation>
    </message>
    <message>
        <source>Output past the limit was dropped</source>
        <translation>Ausgabe über der Grenze entfiel</translation>
    </message>
    <message>
        <source>Lowered to the configured limit: %1</source>
        <translation>Auf die eingestellte Grenze gesenkt: %1</translation>
    </message>
    <message>
        <source>Files (%1)</source>
        <translation>Dateien (%1)</translation>
    </message>
    <message>
        <source>Save the output</source>
        <translation>Die Ausgabe speichern</translation>
    </message>
    <message>
        <source>A connection that is not there</source>
        <translation>Eine Verbindung, die es nicht gibt</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxController</name>
    <message>
        <source>The sandbox is gone.</source>
        <translation>Der Sandkasten ist weg.</translation>
    </message>
    <message>
        <source>The session is paused.</source>
        <translation>Die Sitzung ist angehalten.</translation>
    </message>
    <message>
        <source>The session goes on.</source>
        <translation>Die Sitzung geht weiter.</translation>
    </message>
    <message>
        <source>The snapshot %1 is saved.</source>
        <translation>Der Schnappschuss %1 ist gespeichert.</translation>
    </message>
    <message>
        <source>%1 is in the sandbox.</source>
        <translation>%1 ist im Sandkasten.</translation>
    </message>
    <message>
        <source>What a service has started ahead is its own to end.</source>
        <translation>Was ein Dienst vorab gestartet hat, beendet er selbst.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxModel</name>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>Started ahead</source>
        <translation>Vorgestartet</translation>
    </message>
    <message>
        <source>Kept</source>
        <translation>Aufbewahrt</translation>
    </message>
    <message>
        <source>Idle</source>
        <translation>Untätig</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>another isol8</source>
        <translation>ein anderes isol8</translation>
    </message>
    <message>
        <source>Sandbox</source>
        <translation>Sandkasten</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Of</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Startet</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>Verloren</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxView</name>
    <message>
        <source>Use it</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>Was getan wurde</translation>
    </message>
    <message>
        <source>Run programs in this session</source>
        <translation>Programme in dieser Sitzung ausführen</translation>
    </message>
    <message>
        <source>Sandboxes</source>
        <translation>Sandkästen</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>No sandbox is there. Runs and sessions appear here by themselves.</source>
        <translation>Es gibt keinen Sandkasten. Läufe und Sitzungen erscheinen hier von selbst.</translation>
    </message>
    <message numerus="yes">
        <source>%n sandbox(es)</source>
        <translation>
            <numerusform>%n Sandkasten</numerusform>
            <numerusform>%n Sandkästen</numerusform>
        </translation>
    </message>
    <message>
        <source>Snapshot</source>
        <translation>Schnappschuss</translation>
    </message>
    <message>
        <source>Name of the snapshot of %1:</source>
        <translation>Name des Schnappschusses von %1:</translation>
    </message>
    <message>
        <source>What ran in %1</source>
        <translation>Was in %1 lief</translation>
    </message>
    <message>
        <source>Shell</source>
        <translation>Shell</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Snapshots</source>
        <translation>Schnappschüsse</translation>
    </message>
    <message>
        <source>&amp;Keep the session&apos;s files…</source>
        <translation>Die Dateien der Sitzung &amp;behalten …</translation>
    </message>
    <message>
        <source>&amp;Show all snapshots…</source>
        <translation>&amp;Alle Schnappschüsse zeigen …</translation>
    </message>
    <message>
        <source>A shell in the sandbox</source>
        <translation>Eine Shell im Sandkasten</translation>
    </message>
    <message>
        <source>What ran in it</source>
        <translation>Was in ihm lief</translation>
    </message>
    <message>
        <source>Shell in %1</source>
        <translation>Shell in %1</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ServiceDialog</name>
    <message>
        <source>A service of isol8</source>
        <translation>Ein isol8-Dienst</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>As isol8 serve or its owner gave it to you</source>
        <translation>Wie isol8 serve oder sein Betreiber ihn Ihnen gab</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>As it is, where the address stays</source>
        <translation>Wie bisher, wenn die Adresse bleibt</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SettingsDocument</name>
    <message>
        <source>%1 is no JSON object.</source>
        <translation>%1 ist kein JSON-Objekt.</translation>
    </message>
    <message>
        <source>%1 is no JSON object; mend or remove it first.</source>
        <translation>%1 ist kein JSON-Objekt; berichtigen oder entfernen Sie es zuerst.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SettingsView</name>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>Search the settings</source>
        <translation>Einstellungen durchsuchen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Whether the settings are good</source>
        <translation>Ob die Einstellungen stimmen</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>In %1 gespeichert.</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Default: %1</source>
        <translation>Vorgabe: %1</translation>
    </message>
    <message>
        <source>Not saved yet.</source>
        <translation>Noch nicht gespeichert.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SideBySide</name>
    <message>
        <source>Run on these</source>
        <translation>Auf diesen ausführen</translation>
    </message>
    <message>
        <source>Run on several</source>
        <translation>Auf mehreren ausführen</translation>
    </message>
    <message>
        <source>%1: starting…</source>
        <translation>%1: startet …</translation>
    </message>
    <message>
        <source>Output of %1</source>
        <translation>Ausgabe von %1</translation>
    </message>
    <message>
        <source>Images of your own</source>
        <translation>Eigene Images</translation>
    </message>
    <message>
        <source>Their names, with spaces between; each for the program&apos;s own language</source>
        <translation>Ihre Namen, mit Leerzeichen dazwischen; jedes für die Sprache des Programms</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::TerminalView</name>
    <message>
        <source>Terminal</source>
        <translation>Terminal</translation>
    </message>
    <message>
        <source>Keys go to the program; Ctrl-Tab leaves it</source>
        <translation>Tasten gehen an das Programm; Strg-Tab verlässt es</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::UsageChart</name>
    <message>
        <source>CPU and memory in numbers</source>
        <translation>CPU und Speicher in Zahlen</translation>
    </message>
    <message>
        <source>CPU and memory over time</source>
        <translation>CPU und Speicher im Verlauf</translation>
    </message>
    <message>
        <source>CPU, %</source>
        <translation>CPU, %</translation>
    </message>
    <message>
        <source>Memory, MB</source>
        <translation>Speicher, MB</translation>
    </message>
    <message>
        <source>No run yet.</source>
        <translation>Noch kein Lauf.</translation>
    </message>
    <message>
        <source>CPU time %1, at most %2 of memory; %3 received, %4 sent; waited %5, set up in %6</source>
        <translation>CPU-Zeit %1, höchstens %2 Speicher; %3 empfangen, %4 gesendet; gewartet %5, vorbereitet in %6</translation>
    </message>
</context>
<context>
    <name>SettingMeanings</name>
    <message>
        <source>How many sessions a tenant may have at a time; 0: as many as it likes. A key&apos;s quota may say less.</source>
        <translation>Wie viele Sitzungen ein Mandant gleichzeitig haben darf; 0: beliebig viele. Das Kontingent eines Schlüssels kann weniger sagen.</translation>
    </message>
    <message>
        <source>How many snapshots a tenant may keep; 0: as many as it likes. A key&apos;s quota may say less.</source>
        <translation>Wie viele Schnappschüsse ein Mandant aufheben darf; 0: beliebig viele. Das Kontingent eines Schlüssels kann weniger sagen.</translation>
    </message>
    <message>
        <source>How much of all clients&apos; requests is held in memory at the same time; one tenant may have half of it.</source>
        <translation>Wie viel von den Anfragen aller Clients gleichzeitig im Speicher gehalten wird; ein Mandant darf die Hälfte davon haben.</translation>
    </message>
    <message>
        <source>How many runs may go on at once; the others wait.</source>
        <translation>Wie viele Läufe gleichzeitig stattfinden dürfen; die anderen warten.</translation>
    </message>
    <message>
        <source>After this time a run is ended, its setup included.</source>
        <translation>Nach dieser Zeit wird ein Lauf beendet, seine Vorbereitung eingerechnet.</translation>
    </message>
    <message>
        <source>Memory of the sandbox, its files in /sandbox and /tmp included. There is no swap beyond it.</source>
        <translation>Arbeitsspeicher des Sandkastens, seine Dateien in /sandbox und /tmp eingerechnet. Auslagerungsspeicher darüber hinaus gibt es nicht.</translation>
    </message>
    <message>
        <source>CPUs that a run may use; 0.5 is half of one.</source>
        <translation>Prozessoren, die ein Lauf nutzen darf; 0.5 ist ein halber.</translation>
    </message>
    <message>
        <source>none: loopback only. filtered: only the hosts that `network` allows. host: the host&apos;s own network, without any wall.</source>
        <translation>none: nur das eigene Loopback. filtered: nur die Hosts, die `network` erlaubt. host: das Netz dieses Rechners, ohne jede Schranke.</translation>
    </message>
    <message>
        <source>Space in /sandbox.</source>
        <translation>Platz in /sandbox.</translation>
    </message>
    <message>
        <source>Space in /tmp.</source>
        <translation>Platz in /tmp.</translation>
    </message>
    <message>
        <source>Keep everything outside /sandbox and /tmp read-only.</source>
        <translation>Alles außerhalb von /sandbox und /tmp ist nur lesbar.</translation>
    </message>
    <message>
        <source>Processes and threads at once.</source>
        <translation>Prozesse und Threads zur gleichen Zeit.</translation>
    </message>
    <message>
        <source>Bytes of stdout, and of stderr, after which the rest is dropped.</source>
        <translation>Bytes von stdout, und ebenso von stderr, nach denen der Rest verworfen wird.</translation>
    </message>
    <message>
        <source>Longest time.</source>
        <translation>Längste Zeit.</translation>
    </message>
    <message>
        <source>Most memory.</source>
        <translation>Meister Arbeitsspeicher.</translation>
    </message>
    <message>
        <source>Most CPUs; 0: as many as the host has.</source>
        <translation>Meiste Prozessoren; 0: so viele, wie der Rechner hat.</translation>
    </message>
    <message>
        <source>Most processes and threads.</source>
        <translation>Meiste Prozesse und Threads.</translation>
    </message>
    <message>
        <source>Most space in /sandbox.</source>
        <translation>Meister Platz in /sandbox.</translation>
    </message>
    <message>
        <source>Most space in /tmp.</source>
        <translation>Meister Platz in /tmp.</translation>
    </message>
    <message>
        <source>Most output.</source>
        <translation>Meiste Ausgabe.</translation>
    </message>
    <message>
        <source>Hosts that are reached; an empty list stands for every public host.</source>
        <translation>Hosts, die erreicht werden; eine leere Liste steht für jeden öffentlichen Host.</translation>
    </message>
    <message>
        <source>Hosts that are never reached, whatever the whitelist says.</source>
        <translation>Hosts, die nie erreicht werden, was auch immer die Whitelist sagt.</translation>
    </message>
    <message>
        <source>Private addresses that may be reached all the same: host:port, or an address range such as 10.1.0.0/16.</source>
        <translation>Private Adressen, die trotzdem erreicht werden dürfen: Host:Port, oder ein Adressbereich wie 10.1.0.0/16.</translation>
    </message>
    <message>
        <source>Ports that are reached.</source>
        <translation>Ports, die erreicht werden.</translation>
    </message>
    <message>
        <source>Connections of a run at the same time.</source>
        <translation>Verbindungen eines Laufs zur gleichen Zeit.</translation>
    </message>
    <message>
        <source>Connections of a run in all.</source>
        <translation>Verbindungen eines Laufs insgesamt.</translation>
    </message>
    <message>
        <source>Bytes that a run moves through the network, both directions together.</source>
        <translation>Bytes, die ein Lauf durch das Netz bewegt, beide Richtungen zusammen.</translation>
    </message>
    <message>
        <source>End a connection on which nothing has moved for this time.</source>
        <translation>Eine Verbindung beenden, auf der sich so lange nichts bewegt hat.</translation>
    </message>
    <message>
        <source>Remove idle sessions by itself.</source>
        <translation>Unbenutzte Sitzungen von selbst entfernen.</translation>
    </message>
    <message>
        <source>Remove a session after this time without use.</source>
        <translation>Eine Sitzung nach dieser Zeit ohne Benutzung entfernen.</translation>
    </message>
    <message>
        <source>Stop a session&apos;s processes after this time without use; the next run wakes them.</source>
        <translation>Die Prozesse einer Sitzung nach dieser Zeit ohne Benutzung anhalten; der nächste Lauf weckt sie.</translation>
    </message>
    <message>
        <source>secure: a sandbox serves one run. fast: it is wiped and serves the same owner again.</source>
        <translation>secure: ein Sandkasten dient einem Lauf. fast: er wird geleert und dient demselben Besitzer wieder.</translation>
    </message>
    <message>
        <source>Fresh sandboxes.</source>
        <translation>Frische Sandkästen.</translation>
    </message>
    <message>
        <source>Used sandboxes that wait to be wiped (strategy fast).</source>
        <translation>Benutzte Sandkästen, die darauf warten, geleert zu werden (Strategie fast).</translation>
    </message>
    <message>
        <source>strict: isol8&apos;s own profile. custom: the one at customProfilePath. unconfined: none at all.</source>
        <translation>strict: das Profil von isol8 selbst. custom: das unter customProfilePath. unconfined: gar keines.</translation>
    </message>
    <message>
        <source>A seccomp profile as Docker reads it; relative to the folder of this file.</source>
        <translation>Ein seccomp-Profil, wie Docker es liest; relativ zum Ordner dieser Datei.</translation>
    </message>
    <message>
        <source>Allow it.</source>
        <translation>Es erlauben.</translation>
    </message>
    <message>
        <source>How programs may be fetched. http also needs --allow-insecure-code-url (allowInsecureCodeUrl).</source>
        <translation>Wie Programme geholt werden dürfen. http braucht außerdem --allow-insecure-code-url (allowInsecureCodeUrl).</translation>
    </message>
    <message>
        <source>Hosts that programs may come from, as in network.whitelist; an empty list stands for every public host.</source>
        <translation>Hosts, von denen Programme kommen dürfen, wie in network.whitelist; eine leere Liste steht für jeden öffentlichen Host.</translation>
    </message>
    <message>
        <source>Hosts that programs never come from: names as in network.blacklist, or address ranges. An address that is not public must be named in network.allowPrivate, too, and be in none of these.</source>
        <translation>Hosts, von denen Programme nie kommen: Namen wie in network.blacklist, oder Adressbereiche. Eine nicht öffentliche Adresse muss auch in network.allowPrivate stehen und darf in keinem von diesen liegen.</translation>
    </message>
    <message>
        <source>Largest program.</source>
        <translation>Größtes Programm.</translation>
    </message>
    <message>
        <source>Longest time for fetching.</source>
        <translation>Längste Zeit für das Holen.</translation>
    </message>
    <message>
        <source>Fetch only what comes with its SHA-256.</source>
        <translation>Nur holen, was mit seiner SHA-256 kommt.</translation>
    </message>
    <message>
        <source>Keep what was fetched.</source>
        <translation>Behalten, was geholt wurde.</translation>
    </message>
    <message>
        <source>Seconds after which it is fetched again, unless its SHA-256 is given and still fits.</source>
        <translation>Sekunden, nach denen es neu geholt wird, außer seine SHA-256 ist angegeben und passt noch.</translation>
    </message>
    <message>
        <source>Keep records.</source>
        <translation>Aufzeichnungen führen.</translation>
    </message>
    <message>
        <source>Where they go.</source>
        <translation>Wohin sie gehen.</translation>
    </message>
    <message>
        <source>Folder of the records; a relative one counts from the current folder, for a background engine from the home folder. ISOL8_AUDIT_DIR in the environment stands in where this is not given.</source>
        <translation>Ordner der Aufzeichnungen; ein relativer zählt vom aktuellen Ordner, bei einer Hintergrund-Engine vom Home-Ordner aus. Ist er nicht angegeben, gilt ISOL8_AUDIT_DIR aus der Umgebung.</translation>
    </message>
    <message>
        <source>A program that is started after a record, with the file&apos;s path as its argument, never twice at once; empty: none.</source>
        <translation>Ein Programm, das nach einer Aufzeichnung gestartet wird, mit dem Pfad der Datei als Argument, nie zweimal zugleich; leer: keines.</translation>
    </message>
    <message>
        <source>Record CPU time, memory and network use.</source>
        <translation>Prozessorzeit, Arbeitsspeicher und Netznutzung aufzeichnen.</translation>
    </message>
    <message>
        <source>Days after which records are deleted.</source>
        <translation>Tage, nach denen Aufzeichnungen gelöscht werden.</translation>
    </message>
    <message>
        <source>Record the code itself, its first MiB, and not only its hash.</source>
        <translation>Den Code selbst aufzeichnen, sein erstes MiB, und nicht nur seinen Hash.</translation>
    </message>
    <message>
        <source>Record stdout and stderr, the first MiB of each.</source>
        <translation>stdout und stderr aufzeichnen, von jedem das erste MiB.</translation>
    </message>
    <message>
        <source>Keep keys in a database, beside the master key.</source>
        <translation>Schlüssel in einer Datenbank halten, neben dem Hauptschlüssel.</translation>
    </message>
    <message>
        <source>A file (SQLite), postgres://… or mysql://…; empty: ~/.isol8/auth.db.</source>
        <translation>Eine Datei (SQLite), postgres://… oder mysql://…; leer: ~/.isol8/auth.db.</translation>
    </message>
    <message>
        <source>How long a key is valid.</source>
        <translation>Wie lange ein Schlüssel gilt.</translation>
    </message>
    <message>
        <source>How often expired keys are deleted.</source>
        <translation>Wie oft abgelaufene Schlüssel gelöscht werden.</translation>
    </message>
    <message>
        <source>What requests may ask for although it weakens the walls.</source>
        <translation>Was Anfragen verlangen dürfen, obwohl es die Schranken schwächt.</translation>
    </message>
    <message>
        <source>How long a service that is told to end lets its runs finish.</source>
        <translation>Wie lange ein Dienst, der enden soll, seine Läufe noch fertig werden lässt.</translation>
    </message>
    <message>
        <source>Custom images that `isol8 setup` builds, too, and a service before it takes work.</source>
        <translation>Eigene Images, die auch `isol8 setup` baut, und ein Dienst, bevor er Arbeit annimmt.</translation>
    </message>
    <message>
        <source>Languages of your own, by name; one that has a built-in one&apos;s name replaces it.</source>
        <translation>Eigene Sprachen, nach Namen; eine mit dem Namen einer eingebauten ersetzt diese.</translation>
    </message>
    <message>
        <source>Tell on stderr what isol8 does.</source>
        <translation>Auf stderr sagen, was isol8 tut.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunLogDialog</name>
    <message>
        <source>Exit code %1</source>
        <translation>Exit-Code %1</translation>
    </message>
    <message>
        <source>Nothing is kept of its runs. This app keeps those that it starts; of all others there are records where the setting audit.enabled is on.</source>
        <translation>Von seinen Läufen ist nichts aufbewahrt. Dieses Programm behält die, die es startet; von allen anderen gibt es Aufzeichnungen, wo die Einstellung audit.enabled an ist.</translation>
    </message>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation>
            <numerusform>%n Lauf</numerusform>
            <numerusform>%n Läufe</numerusform>
        </translation>
    </message>
    <message>
        <source>Runs of the sandbox</source>
        <translation>Läufe des Sandkastens</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Ende</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>The run that is chosen</source>
        <translation>Der gewählte Lauf</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ServiceImageBuild</name>
    <message>
        <source>The connection to the service broke before the image was there.</source>
        <translation>Die Verbindung zum Dienst brach ab, bevor das Image da war.</translation>
    </message>
    <message>
        <source>The image could not be made.</source>
        <translation>Das Image konnte nicht gemacht werden.</translation>
    </message>
    <message>
        <source>The build was cancelled.</source>
        <translation>Der Bau wurde abgebrochen.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ShellWindow</name>
    <message>
        <source>Opening the shell…</source>
        <translation>Die Shell wird geöffnet …</translation>
    </message>
    <message>
        <source>How the shell goes</source>
        <translation>Wie es um die Shell steht</translation>
    </message>
    <message>
        <source>Ctrl-D ends the shell. Ctrl-Shift-C copies, Ctrl-Shift-V pastes.</source>
        <translation>Strg-D beendet die Shell. Strg-Umschalt-C kopiert, Strg-Umschalt-V fügt ein.</translation>
    </message>
    <message>
        <source>The shell has ended.</source>
        <translation>Die Shell ist zu Ende.</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SnapshotDialog</name>
    <message>
        <source>Looking for snapshots…</source>
        <translation>Schnappschüsse werden gesucht …</translation>
    </message>
    <message>
        <source>Start from it</source>
        <translation>Damit beginnen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Snapshots</source>
        <translation>Schnappschüsse</translation>
    </message>
    <message>
        <source>What there is</source>
        <translation>Was es gibt</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>Gespeichert</translation>
    </message>
    <message>
        <source>Of</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>A new session whose /sandbox begins with it</source>
        <translation>Eine neue Sitzung, deren /sandbox damit beginnt</translation>
    </message>
    <message>
        <source>There are no snapshots. Choose a session, and keep its files.</source>
        <translation>Es gibt keine Schnappschüsse. Wählen Sie eine Sitzung und behalten Sie ihre Dateien.</translation>
    </message>
    <message numerus="yes">
        <source>%n snapshot(s)</source>
        <translation>
            <numerusform>%n Schnappschuss</numerusform>
            <numerusform>%n Schnappschüsse</numerusform>
        </translation>
    </message>
    <message>
        <source>Remove a snapshot</source>
        <translation>Einen Schnappschuss entfernen</translation>
    </message>
    <message>
        <source>Remove the snapshot %1? Its files are gone then.</source>
        <translation>Den Schnappschuss %1 entfernen? Seine Dateien sind dann weg.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
</context>
</TS>
