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
</context>
<context>
    <name>isol8::desktop::FilesPane</name>
    <message numerus="yes">
        <source>%n file(s) new or changed</source>
        <translation>
            <numerusform>%n file new or changed</numerusform>
            <numerusform>%n files new or changed</numerusform>
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
</TS>
