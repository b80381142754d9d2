<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>isol8::desktop::Desktop</name>
    <message numerus="yes">
        <source>isol8: %n program(s) running</source>
        <translation>
            <numerusform>isol8: %n program running</numerusform>
            <numerusform>isol8: %n programs running</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n program(s) are running. Stop and close isol8?</source>
        <translation>
            <numerusform>%n program is running. Stop it and close isol8?</numerusform>
            <numerusform>%n programs are running. Stop them and close isol8?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FilesPane</name>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n file</numerusform>
            <numerusform>%n files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) new or changed</source>
        <translation>
            <numerusform>%n file new or changed</numerusform>
            <numerusform>%n files new or changed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n are shown</source>
        <translation>
            <numerusform>%n is shown</numerusform>
            <numerusform>%n are shown</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxView</name>
    <message numerus="yes">
        <source>%n sandbox(es)</source>
        <translation>
            <numerusform>%n sandbox</numerusform>
            <numerusform>%n sandboxes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunLogDialog</name>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation>
            <numerusform>%n run</numerusform>
            <numerusform>%n runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SnapshotDialog</name>
    <message numerus="yes">
        <source>%n snapshot(s)</source>
        <translation>
            <numerusform>%n snapshot</numerusform>
            <numerusform>%n snapshots</numerusform>
        </translation>
    </message>
</context>
</TS>
