<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>Connections</name>
    <message>
        <source>&quot;%1&quot; is no address of a service; write https://host:port or http://host:port.</source>
        <translation>“%1”不是服务的地址；请写成 https://主机:端口 或 http://主机:端口。</translation>
    </message>
</context>
<context>
    <name>Program</name>
    <message>
        <source>This is no isol8 document that this version reads.</source>
        <translation>这不是此版本能读取的 isol8 文档。</translation>
    </message>
    <message>
        <source>%1 is no text in UTF-8.</source>
        <translation>%1 不是 UTF-8 文本。</translation>
    </message>
</context>
<context>
    <name>Texts</name>
    <message>
        <source>Completed</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Killed by a signal</source>
        <translation>被信号终止</translation>
    </message>
    <message>
        <source>Out of time</source>
        <translation>超时</translation>
    </message>
    <message>
        <source>Out of memory</source>
        <translation>内存不足</translation>
    </message>
    <message>
        <source>Disk full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Setup failed</source>
        <translation>准备失败</translation>
    </message>
    <message>
        <source>Session lost</source>
        <translation>会话丢失</translation>
    </message>
    <message>
        <source>Could not run</source>
        <translation>无法运行</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 毫秒</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>%1 MB</source>
        <translation>%1 MB</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 小时</translation>
    </message>
    <message>
        <source>%1, exit code %2, in %3</source>
        <translation>%1，退出码 %2，用时 %3</translation>
    </message>
    <message>
        <source>Docker does not answer. Is it installed and started?</source>
        <translation>Docker 没有响应。它是否已安装并启动？</translation>
    </message>
    <message>
        <source>This user may not use Docker; the group &quot;docker&quot; usually may.</source>
        <translation>此用户无权使用 Docker；“docker”组通常有权。</translation>
    </message>
    <message>
        <source>Docker went away while the program ran.</source>
        <translation>程序运行时 Docker 中断了。</translation>
    </message>
    <message>
        <source>The image that this runtime&apos;s sandboxes start from is missing; it is made on the Images page.</source>
        <translation>此运行环境的沙箱所用的镜像缺失；可在“镜像”页面制作。</translation>
    </message>
    <message>
        <source>The service does not answer. Is its address right, and is it running?</source>
        <translation>服务没有响应。地址是否正确？服务是否在运行？</translation>
    </message>
    <message>
        <source>The connection to the service broke while the program ran.</source>
        <translation>程序运行时与服务的连接中断了。</translation>
    </message>
    <message>
        <source>The service wants a key; give it on the Connections page.</source>
        <translation>服务需要密钥；请在“连接”页面填写。</translation>
    </message>
    <message>
        <source>The service does not take the key; give another on the Connections page.</source>
        <translation>服务不接受该密钥；请在“连接”页面更换。</translation>
    </message>
    <message>
        <source>Nobody that this computer trusts vouches for the service&apos;s certificate.</source>
        <translation>此计算机信任的机构均未为该服务的证书担保。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ActionRegistry</name>
    <message>
        <source>&amp;New program</source>
        <translation>新建程序(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>打开(&amp;O)…</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>保存(&amp;S)</translation>
    </message>
    <message>
        <source>Save &amp;as…</source>
        <translation>另存为(&amp;A)…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Find</source>
        <translation>查找(&amp;F)</translation>
    </message>
    <message>
        <source>Copy as &amp;command line</source>
        <translation>复制为命令行(&amp;C)</translation>
    </message>
    <message>
        <source>Copy as c&amp;url</source>
        <translation>复制为 c&amp;url</translation>
    </message>
    <message>
        <source>Copy as C+&amp;+</source>
        <translation>复制为 C+&amp;+</translation>
    </message>
    <message>
        <source>Copy the &amp;output</source>
        <translation>复制输出(&amp;O)</translation>
    </message>
    <message>
        <source>Sa&amp;ve the output…</source>
        <translation>保存输出(&amp;V)…</translation>
    </message>
    <message>
        <source>C&amp;lear the output</source>
        <translation>清空输出(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Run on &amp;several…</source>
        <translation>在多个环境运行(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Give it files…</source>
        <translation>提供文件(&amp;G)…</translation>
    </message>
    <message>
        <source>San&amp;dboxes</source>
        <translation>沙箱(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;History</source>
        <translation>历史(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Images</source>
        <translation>镜像(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Connections</source>
        <translation>连接(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Settings</source>
        <translation>设置(&amp;S)</translation>
    </message>
    <message>
        <source>Show the &amp;options of the run</source>
        <translation>显示运行选项(&amp;O)</translation>
    </message>
    <message>
        <source>Dar&amp;k colours</source>
        <translation>深色(&amp;K)</translation>
    </message>
    <message>
        <source>Command &amp;palette…</source>
        <translation>命令面板(&amp;P)…</translation>
    </message>
    <message>
        <source>&amp;About isol8</source>
        <translation>关于 isol8(&amp;A)</translation>
    </message>
    <message>
        <source>Check-&amp;up</source>
        <translation>检查(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Back to the one before</source>
        <translation>回到前一个程序(&amp;B)</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::BuildDialog</name>
    <message>
        <source>Build an image</source>
        <translation>构建镜像</translation>
    </message>
    <message>
        <source>For</source>
        <translation>用于</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>软件包</translation>
    </message>
    <message>
        <source>Debian packages</source>
        <translation>Debian 软件包</translation>
    </message>
    <message>
        <source>Setup script</source>
        <translation>准备脚本</translation>
    </message>
    <message>
        <source>Run by bash before each program</source>
        <translation>在每个程序之前由 bash 运行</translation>
    </message>
    <message>
        <source>Build</source>
        <translation>构建</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CheckUp</name>
    <message>
        <source>The configuration in %1 is good.</source>
        <translation>%1 中的配置正常。</translation>
    </message>
    <message>
        <source>There is no configuration file; the defaults hold.</source>
        <translation>没有配置文件；使用默认值。</translation>
    </message>
    <message>
        <source>Mend it in Settings.</source>
        <translation>请在“设置”中修正。</translation>
    </message>
    <message>
        <source>Docker answers at %1.</source>
        <translation>Docker 在 %1 响应。</translation>
    </message>
    <message>
        <source>The images of all runtimes are there.</source>
        <translation>所有运行环境的镜像都已就绪。</translation>
    </message>
    <message>
        <source>Images are missing: %1.</source>
        <translation>缺少镜像：%1。</translation>
    </message>
    <message>
        <source>Make them with the button below.</source>
        <translation>用下方按钮制作它们。</translation>
    </message>
    <message>
        <source>It runs Linux containers.</source>
        <translation>它运行 Linux 容器。</translation>
    </message>
    <message>
        <source>Docker %1 answers.</source>
        <translation>Docker %1 有响应。</translation>
    </message>
    <message>
        <source>Its architecture is %1.</source>
        <translation>其架构为 %1。</translation>
    </message>
    <message>
        <source>Docker can limit memory.</source>
        <translation>Docker 能够限制内存。</translation>
    </message>
    <message>
        <source>Docker cannot limit memory here.</source>
        <translation>Docker 在此无法限制内存。</translation>
    </message>
    <message>
        <source>Docker can limit swap.</source>
        <translation>Docker 能够限制交换空间。</translation>
    </message>
    <message>
        <source>Docker cannot limit swap here.</source>
        <translation>Docker 在此无法限制交换空间。</translation>
    </message>
    <message>
        <source>Docker can limit CPU time.</source>
        <translation>Docker 能够限制 CPU 时间。</translation>
    </message>
    <message>
        <source>Docker cannot limit CPU time here.</source>
        <translation>Docker 在此无法限制 CPU 时间。</translation>
    </message>
    <message>
        <source>Docker can limit the number of processes.</source>
        <translation>Docker 能够限制进程数。</translation>
    </message>
    <message>
        <source>Docker cannot limit the number of processes here.</source>
        <translation>Docker 在此无法限制进程数。</translation>
    </message>
    <message>
        <source>It filters system calls (seccomp).</source>
        <translation>它过滤系统调用（seccomp）。</translation>
    </message>
    <message>
        <source>It cannot filter system calls (seccomp).</source>
        <translation>它无法过滤系统调用（seccomp）。</translation>
    </message>
    <message>
        <source>%1 MiB are free where Docker keeps its images (%2).</source>
        <translation>Docker 存放镜像处有 %1 MiB 可用（%2）。</translation>
    </message>
    <message>
        <source>Only %1 MiB are free where Docker keeps its images (%2).</source>
        <translation>Docker 存放镜像处仅有 %1 MiB 可用（%2）。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CheckUpView</name>
    <message>
        <source>Look again</source>
        <translation>再次检查</translation>
    </message>
    <message>
        <source>Make the images</source>
        <translation>制作镜像</translation>
    </message>
    <message>
        <source>Run a first program</source>
        <translation>运行第一个程序</translation>
    </message>
    <message>
        <source>What was looked at</source>
        <translation>检查项目</translation>
    </message>
    <message>
        <source>Looking at what a sandbox needs…</source>
        <translation>正在检查沙箱所需…</translation>
    </message>
    <message>
        <source>All is ready: programs run in sandboxes.</source>
        <translation>一切就绪：程序将在沙箱中运行。</translation>
    </message>
    <message>
        <source>One step is left: the images that sandboxes start from.</source>
        <translation>还差一步：沙箱启动所用的镜像。</translation>
    </message>
    <message>
        <source>Something is in the way of sandboxes.</source>
        <translation>有问题妨碍沙箱运行。</translation>
    </message>
    <message>
        <source>In order: %1</source>
        <translation>正常：%1</translation>
    </message>
    <message>
        <source>Advice: %1</source>
        <translation>建议：%1</translation>
    </message>
    <message>
        <source>Problem: %1</source>
        <translation>问题：%1</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CodeEditor</name>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>The program to run. Tab is part of the text; Ctrl-Tab leaves the editor.</source>
        <translation>要运行的程序。Tab 属于文本；Ctrl-Tab 离开编辑器。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::CommandPalette</name>
    <message>
        <source>Command palette</source>
        <translation>命令面板</translation>
    </message>
    <message>
        <source>What would you like to do?</source>
        <translation>您想做什么？</translation>
    </message>
    <message>
        <source>Name of a command</source>
        <translation>命令名称</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ConnectionController</name>
    <message>
        <source>the engine of isol8 serve --local</source>
        <translation>isol8 serve --local 的引擎</translation>
    </message>
    <message>
        <source>No keychain answers here. The key is in a file, encrypted by a key that is in your data folder, too: who can read your files can read it.</source>
        <translation>此处没有可用的钥匙串。密钥保存在文件中，其加密密钥也在您的数据文件夹里：能读取您文件的人就能读取它。</translation>
    </message>
    <message>
        <source>The key is in the system&apos;s keychain.</source>
        <translation>密钥保存在系统钥匙串中。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ConnectionView</name>
    <message>
        <source>Add a service…</source>
        <translation>添加服务…</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>更改…</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>立即尝试</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>已执行的操作</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::Desktop</name>
    <message>
        <source>A run has ended</source>
        <translation>运行已结束</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>停止并关闭</translation>
    </message>
    <message>
        <source>Keep running</source>
        <translation>继续运行</translation>
    </message>
    <message>
        <source>Show isol8</source>
        <translation>显示 isol8</translation>
    </message>
    <message numerus="yes">
        <source>isol8: %n program(s) running</source>
        <translation>
            <numerusform>isol8：%n 个程序正在运行</numerusform>
        </translation>
    </message>
    <message>
        <source>Open a program</source>
        <translation>打开程序</translation>
    </message>
    <message>
        <source>Programs (*.isol8 *.py *.js *.mjs *.cjs *.ts *.tsx *.jsx *.mts *.sh)</source>
        <translation>程序 (*.isol8 *.py *.js *.mjs *.cjs *.ts *.tsx *.jsx *.mts *.sh)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Give files to the program</source>
        <translation>为程序提供文件</translation>
    </message>
    <message>
        <source>About isol8</source>
        <translation>关于 isol8</translation>
    </message>
    <message>
        <source>isol8 %1 runs code that nobody trusts, each program in a sandbox of its own. Licence: GPL 3 or later.</source>
        <translation>isol8 %1 在各自的沙箱中运行不受信任的代码。许可证：GPL 3 或更高版本。</translation>
    </message>
    <message>
        <source>Save the program</source>
        <translation>保存程序</translation>
    </message>
    <message>
        <source>isol8 documents (*.isol8)</source>
        <translation>isol8 文档 (*.isol8)</translation>
    </message>
    <message>
        <source>The program alone (*)</source>
        <translation>仅程序 (*)</translation>
    </message>
    <message>
        <source>Copied. Secrets stand there by name alone.</source>
        <translation>已复制。其中的机密只有名称。</translation>
    </message>
    <message>
        <source>The settings hold once no program runs and no session is open: those would be lost.</source>
        <translation>设置将在没有程序运行且没有打开的会话时生效：否则它们会丢失。</translation>
    </message>
    <message>
        <source>%1: %2 It is tried again by itself.</source>
        <translation>%1：%2 会自动重试。</translation>
    </message>
    <message>
        <source>Programs are running</source>
        <translation>有程序正在运行</translation>
    </message>
    <message numerus="yes">
        <source>%n program(s) are running. Stop and close isol8?</source>
        <translation>
            <numerusform>有 %n 个程序正在运行。停止并关闭 isol8？</numerusform>
        </translation>
    </message>
    <message>
        <source>Copied, without the files that are given to it. Secrets stand there by name alone.</source>
        <translation>已复制，不含提供给它的文件。机密仅以名称出现。</translation>
    </message>
    <message>
        <source>The program that was here is not saved; &quot;Back to the one before&quot; brings it again.</source>
        <translation>原来的程序尚未保存；“回到前一个程序”可将其恢复。</translation>
    </message>
    <message>
        <source>%1 is no JSON object; mend or remove it first.</source>
        <translation>%1 不是 JSON 对象；请先修正或删除它。</translation>
    </message>
    <message>
        <source>Left out of the document, since it would open the sandbox&apos;s walls: %1. What you want of it is yours to choose.</source>
        <translation>已从文档中略去会打开沙箱隔离的设置：%1。需要哪些请自行选择。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::DiffDialog</name>
    <message>
        <source>%1 lines added, %2 removed</source>
        <translation>增加 %1 行，删除 %2 行</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::EngineHub</name>
    <message>
        <source>This computer</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>Background engine</source>
        <translation>后台引擎</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FilesModel</name>
    <message>
        <source>new</source>
        <translation>新增</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>已更改</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>更改</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FilesPane</name>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Save to…</source>
        <translation>保存到…</translation>
    </message>
    <message>
        <source>Files of the sandbox</source>
        <translation>沙箱中的文件</translation>
    </message>
    <message>
        <source>No files. Drop some here to give them to the program.</source>
        <translation>没有文件。拖放到此处即可提供给程序。</translation>
    </message>
    <message>
        <source>Nothing was changed</source>
        <translation>没有更改</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) new or changed</source>
        <translation>
            <numerusform>%n 个文件为新增或已更改</numerusform>
        </translation>
    </message>
    <message>
        <source>Save the file</source>
        <translation>保存文件</translation>
    </message>
    <message>
        <source>A binary file of %1 bytes.</source>
        <translation>二进制文件，%1 字节。</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>添加…</translation>
    </message>
    <message>
        <source>Files of this computer for the program; they can be dropped here, too</source>
        <translation>将本机文件提供给程序；也可拖放到此处</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>添加文件</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n 个文件</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n are shown</source>
        <translation>
            <numerusform>显示其中 %n 个</numerusform>
        </translation>
    </message>
    <message>
        <source>A text of %1 bytes, too large to be shown; save it to look into it.</source>
        <translation>文本有 %1 字节，太大而无法显示；请保存后查看。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::FindBar</name>
    <message>
        <source>Find</source>
        <translation>查找</translation>
    </message>
    <message>
        <source>Text to find</source>
        <translation>要查找的文本</translation>
    </message>
    <message>
        <source>Find the one before</source>
        <translation>查找上一个</translation>
    </message>
    <message>
        <source>Find the next</source>
        <translation>查找下一个</translation>
    </message>
    <message>
        <source>Close the search</source>
        <translation>关闭查找</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::HistoryModel</name>
    <message>
        <source>Exit code %1</source>
        <translation>退出码 %1</translation>
    </message>
    <message>
        <source>When</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行环境</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::HistoryStore</name>
    <message>
        <source>The history cannot be kept: %1</source>
        <translation>无法保存历史：%1</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>What isol8 said</source>
        <translation>isol8 的说明</translation>
    </message>
    <message>
        <source>The history was damaged. What there was of it is in %1; a new one was begun.</source>
        <translation>历史记录已损坏。原有内容保存在 %1；已新建历史记录。</translation>
    </message>
    <message>
        <source>The history cannot be written now: %1. It is tried again by itself.</source>
        <translation>暂时无法写入历史记录：%1。将自动重试。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::HistoryView</name>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>再次运行</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Search programs and their output</source>
        <translation>搜索程序及其输出</translation>
    </message>
    <message>
        <source>Search the history</source>
        <translation>搜索历史</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行记录</translation>
    </message>
    <message>
        <source>The run that is chosen</source>
        <translation>所选的运行</translation>
    </message>
    <message>
        <source>Choose two runs to compare them</source>
        <translation>选择两次运行进行比较</translation>
    </message>
    <message>
        <source>Two runs compared</source>
        <translation>两次运行的比较</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ImageController</name>
    <message>
        <source>Docker was not asked yet.</source>
        <translation>尚未询问 Docker。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ImageModel</name>
    <message>
        <source>Missing</source>
        <translation>缺少</translation>
    </message>
    <message>
        <source>Out of date</source>
        <translation>已过时</translation>
    </message>
    <message>
        <source>Up to date</source>
        <translation>最新</translation>
    </message>
    <message>
        <source>Of your own, for %1</source>
        <translation>自定义，用于 %1</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>软件包</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>创建于</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ImageView</name>
    <message>
        <source>Make what is missing</source>
        <translation>制作缺少的镜像</translation>
    </message>
    <message>
        <source>Build one of your own…</source>
        <translation>构建自己的镜像…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>What a build says appears here.</source>
        <translation>构建的输出会显示在这里。</translation>
    </message>
    <message>
        <source>How it goes</source>
        <translation>进展</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Remove an image</source>
        <translation>移除镜像</translation>
    </message>
    <message>
        <source>Remove the image %1?</source>
        <translation>要移除镜像 %1 吗？</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Cancelled; nothing of it is left.</source>
        <translation>已取消；没有留下任何内容。</translation>
    </message>
    <message>
        <source>Done.</source>
        <translation>完成。</translation>
    </message>
    <message>
        <source>Whose images</source>
        <translation>谁的镜像</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::MainWindow</name>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Something is wrong</source>
        <translation>出现问题</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>出了什么问题</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>最近打开(&amp;R)</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::NetworkBar</name>
    <message>
        <source>Once</source>
        <translation>仅此次</translation>
    </message>
    <message>
        <source>Run it again, with this host allowed this time</source>
        <translation>重新运行，这次允许该主机</translation>
    </message>
    <message>
        <source>For now</source>
        <translation>暂时</translation>
    </message>
    <message>
        <source>Allow it until this window is closed, and run again</source>
        <translation>在关闭此窗口前允许，并重新运行</translation>
    </message>
    <message>
        <source>Always</source>
        <translation>始终</translation>
    </message>
    <message>
        <source>Put it into the configuration&apos;s whitelist, and run again</source>
        <translation>加入配置的白名单并重新运行</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>Put it into the configuration&apos;s blacklist</source>
        <translation>加入配置的黑名单</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>现在不</translation>
    </message>
    <message>
        <source>It wants to talk to %1. Allow it?</source>
        <translation>它想访问 %1。允许吗？</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::OptionsPanel</name>
    <message>
        <source>As configured</source>
        <translation>按配置</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Only the hosts below</source>
        <translation>仅限下列主机</translation>
    </message>
    <message>
        <source>The host&apos;s own, no walls</source>
        <translation>主机自己的网络，无隔离</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Allowed hosts</source>
        <translation>允许的主机</translation>
    </message>
    <message>
        <source>One a line; none: every public host</source>
        <translation>每行一个；留空则允许所有公共主机</translation>
    </message>
    <message>
        <source>Refused hosts</source>
        <translation>拒绝的主机</translation>
    </message>
    <message>
        <source>One a line; these win over the allowed ones</source>
        <translation>每行一个；优先于允许的主机</translation>
    </message>
    <message>
        <source>Time limit</source>
        <translation>时间限制</translation>
    </message>
    <message>
        <source>After this time the run is ended: 500, 30s, 2m</source>
        <translation>超过此时间即结束运行：500、30s、2m</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Of the whole sandbox, its files included</source>
        <translation>整个沙箱，包括其文件</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU 数</translation>
    </message>
    <message>
        <source>0.5 is half of one</source>
        <translation>0.5 表示半个</translation>
    </message>
    <message>
        <source>Processes</source>
        <translation>进程数</translation>
    </message>
    <message>
        <source>Processes and threads at once</source>
        <translation>同时存在的进程和线程</translation>
    </message>
    <message>
        <source>Space in /sandbox</source>
        <translation>/sandbox 的空间</translation>
    </message>
    <message>
        <source>How much its files may take</source>
        <translation>其文件可占用的空间</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>Of each stream; what is more is dropped</source>
        <translation>每个输出流；超出部分丢弃</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>软件包</translation>
    </message>
    <message>
        <source>Installed before the program, with spaces between</source>
        <translation>在程序之前安装，以空格分隔</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>For the program, quoted as in a shell</source>
        <translation>传给程序，引号用法同 shell</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>A custom image; empty: the runtime&apos;s own</source>
        <translation>自定义镜像；留空则用运行环境自己的</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Keep the sandbox between runs under this name; empty: a fresh one each time</source>
        <translation>以此名称在多次运行之间保留沙箱；留空则每次新建</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>环境变量</translation>
    </message>
    <message>
        <source>One variable a line</source>
        <translation>每行一个变量</translation>
    </message>
    <message>
        <source>Secrets</source>
        <translation>机密</translation>
    </message>
    <message>
        <source>As variables; never saved, and hidden in the output</source>
        <translation>作为变量传入；从不保存，并在输出中隐藏</translation>
    </message>
    <message>
        <source>Setup script</source>
        <translation>准备脚本</translation>
    </message>
    <message>
        <source>Run by bash before the program</source>
        <translation>在程序之前由 bash 运行</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>What the program reads from its stdin</source>
        <translation>程序从 stdin 读取的内容</translation>
    </message>
    <message>
        <source>I type its input</source>
        <translation>我来输入</translation>
    </message>
    <message>
        <source>Stdin stays open, with a line to type into below the output</source>
        <translation>stdin 保持打开，输出下方有输入行</translation>
    </message>
    <message>
        <source>In a terminal</source>
        <translation>在终端中</translation>
    </message>
    <message>
        <source>The program gets a terminal of its own</source>
        <translation>程序拥有自己的终端</translation>
    </message>
    <message>
        <source>Files given to it</source>
        <translation>提供给它的文件</translation>
    </message>
    <message>
        <source>Give none</source>
        <translation>不提供</translation>
    </message>
    <message>
        <source>%1: write a number.</source>
        <translation>%1：请输入数字。</translation>
    </message>
    <message>
        <source>None; drop files on the file list</source>
        <translation>无；可将文件拖到文件列表</translation>
    </message>
    <message>
        <source>Begins with snapshot</source>
        <translation>起始快照</translation>
    </message>
    <message>
        <source>What a new session&apos;s /sandbox begins with; the Sandboxes page lists snapshots</source>
        <translation>新会话的 /sandbox 的起始内容；“沙箱”页面列出快照</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::OutputView</name>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>What the program has written; stderr is red</source>
        <translation>程序的输出；stderr 为红色</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ResultsPane</name>
    <message>
        <source>A picture that cannot be shown.</source>
        <translation>无法显示的图片。</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>A value of the type %1 cannot be shown.</source>
        <translation>无法显示类型为 %1 的值。</translation>
    </message>
    <message>
        <source>A picture that cannot be read.</source>
        <translation>无法读取的图片。</translation>
    </message>
    <message>
        <source>Picture, %1 by %2</source>
        <translation>图片，%1 × %2</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunController</name>
    <message>
        <source>The connection that this program was for is not there any more; choose another.</source>
        <translation>此程序所用的连接已不存在；请另选一个。</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>Waiting, at place %1 of the queue</source>
        <translation>等待中，队列第 %1 位</translation>
    </message>
    <message>
        <source>The connection was removed while the program ran.</source>
        <translation>程序运行时连接被移除。</translation>
    </message>
    <message>
        <source>The sandbox of that run is gone; its file was not kept.</source>
        <translation>该运行的沙箱已不存在；其文件没有保留。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunView</name>
    <message>
        <source>Options of the run</source>
        <translation>运行选项</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行环境</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>Where it runs</source>
        <translation>运行位置</translation>
    </message>
    <message>
        <source>&amp;On</source>
        <translation>位置(&amp;O)</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>Terminal</source>
        <translation>终端</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>CPU and memory</source>
        <translation>CPU 与内存</translation>
    </message>
    <message>
        <source>What the run brings</source>
        <translation>运行的结果</translation>
    </message>
    <message>
        <source>Type a line for the program</source>
        <translation>为程序输入一行</translation>
    </message>
    <message>
        <source>Input for the program</source>
        <translation>给程序的输入</translation>
    </message>
    <message>
        <source>End of input</source>
        <translation>结束输入</translation>
    </message>
    <message>
        <source>How the run goes</source>
        <translation>运行进展</translation>
    </message>
    <message>
        <source>Ready. Ctrl-Enter runs the program.</source>
        <translation>就绪。按 Ctrl-Enter 运行程序。</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Running, %1</source>
        <translation>运行中，%1</translation>
    </message>
    <message>
        <source>Results (%1)</source>
        <translation>结果 (%1)</translation>
    </message>
    <message>
        <source>Output past the limit was dropped</source>
        <translation>超出上限的输出已丢弃</translation>
    </message>
    <message>
        <source>Lowered to the configured limit: %1</source>
        <translation>已降至配置的上限：%1</translation>
    </message>
    <message>
        <source>Files (%1)</source>
        <translation>文件 (%1)</translation>
    </message>
    <message>
        <source>Save the output</source>
        <translation>保存输出</translation>
    </message>
    <message>
        <source>A connection that is not there</source>
        <translation>不存在的连接</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxController</name>
    <message>
        <source>The sandbox is gone.</source>
        <translation>沙箱已移除。</translation>
    </message>
    <message>
        <source>The session is paused.</source>
        <translation>会话已暂停。</translation>
    </message>
    <message>
        <source>The session goes on.</source>
        <translation>会话继续。</translation>
    </message>
    <message>
        <source>The snapshot %1 is saved.</source>
        <translation>快照 %1 已保存。</translation>
    </message>
    <message>
        <source>%1 is in the sandbox.</source>
        <translation>%1 已放入沙箱。</translation>
    </message>
    <message>
        <source>What a service has started ahead is its own to end.</source>
        <translation>服务预先启动的沙箱由服务自行结束。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxModel</name>
    <message>
        <source>Session</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Started ahead</source>
        <translation>预先启动</translation>
    </message>
    <message>
        <source>Kept</source>
        <translation>已保留</translation>
    </message>
    <message>
        <source>Idle</source>
        <translation>空闲</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>another isol8</source>
        <translation>另一个 isol8</translation>
    </message>
    <message>
        <source>Sandbox</source>
        <translation>沙箱</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行环境</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>已存在</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Of</source>
        <translation>所属</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>已丢失</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SandboxView</name>
    <message>
        <source>Use it</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>已执行的操作</translation>
    </message>
    <message>
        <source>Run programs in this session</source>
        <translation>在此会话中运行程序</translation>
    </message>
    <message>
        <source>Sandboxes</source>
        <translation>沙箱</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>No sandbox is there. Runs and sessions appear here by themselves.</source>
        <translation>没有沙箱。运行和会话会自动出现在这里。</translation>
    </message>
    <message numerus="yes">
        <source>%n sandbox(es)</source>
        <translation>
            <numerusform>%n 个沙箱</numerusform>
        </translation>
    </message>
    <message>
        <source>Snapshot</source>
        <translation>快照</translation>
    </message>
    <message>
        <source>Name of the snapshot of %1:</source>
        <translation>%1 的快照名称：</translation>
    </message>
    <message>
        <source>What ran in %1</source>
        <translation>%1 中运行过的程序</translation>
    </message>
    <message>
        <source>Shell</source>
        <translation>终端</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Snapshots</source>
        <translation>快照</translation>
    </message>
    <message>
        <source>&amp;Keep the session&apos;s files…</source>
        <translation>保留会话的文件(&amp;K)…</translation>
    </message>
    <message>
        <source>&amp;Show all snapshots…</source>
        <translation>显示所有快照(&amp;S)…</translation>
    </message>
    <message>
        <source>A shell in the sandbox</source>
        <translation>沙箱中的终端</translation>
    </message>
    <message>
        <source>What ran in it</source>
        <translation>其中运行过的程序</translation>
    </message>
    <message>
        <source>Shell in %1</source>
        <translation>%1 中的终端</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ServiceDialog</name>
    <message>
        <source>A service of isol8</source>
        <translation>isol8 服务</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>As isol8 serve or its owner gave it to you</source>
        <translation>由 isol8 serve 或其管理员提供</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>As it is, where the address stays</source>
        <translation>地址不变则保持原样</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SettingsDocument</name>
    <message>
        <source>%1 is no JSON object.</source>
        <translation>%1 不是 JSON 对象。</translation>
    </message>
    <message>
        <source>%1 is no JSON object; mend or remove it first.</source>
        <translation>%1 不是 JSON 对象；请先修正或删除它。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SettingsView</name>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Search the settings</source>
        <translation>搜索设置</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Whether the settings are good</source>
        <translation>设置是否正确</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>已保存到 %1。</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Default: %1</source>
        <translation>默认：%1</translation>
    </message>
    <message>
        <source>Not saved yet.</source>
        <translation>尚未保存。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SideBySide</name>
    <message>
        <source>Run on these</source>
        <translation>在这些环境运行</translation>
    </message>
    <message>
        <source>Run on several</source>
        <translation>在多个环境运行</translation>
    </message>
    <message>
        <source>%1: starting…</source>
        <translation>%1：正在启动…</translation>
    </message>
    <message>
        <source>Output of %1</source>
        <translation>%1 的输出</translation>
    </message>
    <message>
        <source>Images of your own</source>
        <translation>自定义镜像</translation>
    </message>
    <message>
        <source>Their names, with spaces between; each for the program&apos;s own language</source>
        <translation>镜像名称，以空格分隔；均用于该程序的语言</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::TerminalView</name>
    <message>
        <source>Terminal</source>
        <translation>终端</translation>
    </message>
    <message>
        <source>Keys go to the program; Ctrl-Tab leaves it</source>
        <translation>按键会发给程序；Ctrl-Tab 离开</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::UsageChart</name>
    <message>
        <source>CPU and memory in numbers</source>
        <translation>CPU 与内存数值</translation>
    </message>
    <message>
        <source>CPU and memory over time</source>
        <translation>CPU 与内存随时间变化</translation>
    </message>
    <message>
        <source>CPU, %</source>
        <translation>CPU，%</translation>
    </message>
    <message>
        <source>Memory, MB</source>
        <translation>内存，MB</translation>
    </message>
    <message>
        <source>No run yet.</source>
        <translation>尚未运行。</translation>
    </message>
    <message>
        <source>CPU time %1, at most %2 of memory; %3 received, %4 sent; waited %5, set up in %6</source>
        <translation>CPU 时间 %1，内存最多 %2；接收 %3，发送 %4；等待 %5，准备用时 %6</translation>
    </message>
</context>
<context>
    <name>SettingMeanings</name>
    <message>
        <source>How many sessions a tenant may have at a time; 0: as many as it likes. A key&apos;s quota may say less.</source>
        <translation>一个租户同时可拥有的会话数；0：不限。密钥的配额可以更少。</translation>
    </message>
    <message>
        <source>How many snapshots a tenant may keep; 0: as many as it likes. A key&apos;s quota may say less.</source>
        <translation>一个租户可保留的快照数；0：不限。密钥的配额可以更少。</translation>
    </message>
    <message>
        <source>How much of all clients&apos; requests is held in memory at the same time; one tenant may have half of it.</source>
        <translation>所有客户端请求同时占用的内存上限；一个租户最多占一半。</translation>
    </message>
    <message>
        <source>How many runs may go on at once; the others wait.</source>
        <translation>可同时进行的运行数；其余的等待。</translation>
    </message>
    <message>
        <source>After this time a run is ended, its setup included.</source>
        <translation>超过此时间（含准备时间）运行将被结束。</translation>
    </message>
    <message>
        <source>Memory of the sandbox, its files in /sandbox and /tmp included. There is no swap beyond it.</source>
        <translation>沙箱的内存，包括 /sandbox 和 /tmp 中的文件。此外没有交换空间。</translation>
    </message>
    <message>
        <source>CPUs that a run may use; 0.5 is half of one.</source>
        <translation>一次运行可使用的 CPU 数；0.5 表示半个。</translation>
    </message>
    <message>
        <source>none: loopback only. filtered: only the hosts that `network` allows. host: the host&apos;s own network, without any wall.</source>
        <translation>none：仅本机回环。filtered：仅 `network` 允许的主机。host：主机自身的网络，没有任何限制。</translation>
    </message>
    <message>
        <source>Space in /sandbox.</source>
        <translation>/sandbox 的空间。</translation>
    </message>
    <message>
        <source>Space in /tmp.</source>
        <translation>/tmp 的空间。</translation>
    </message>
    <message>
        <source>Keep everything outside /sandbox and /tmp read-only.</source>
        <translation>/sandbox 和 /tmp 之外的一切均为只读。</translation>
    </message>
    <message>
        <source>Processes and threads at once.</source>
        <translation>同时存在的进程和线程数。</translation>
    </message>
    <message>
        <source>Bytes of stdout, and of stderr, after which the rest is dropped.</source>
        <translation>stdout 和 stderr 各自的字节数上限，超出部分将被丢弃。</translation>
    </message>
    <message>
        <source>Longest time.</source>
        <translation>最长时间。</translation>
    </message>
    <message>
        <source>Most memory.</source>
        <translation>最大内存。</translation>
    </message>
    <message>
        <source>Most CPUs; 0: as many as the host has.</source>
        <translation>最多 CPU 数；0：与主机相同。</translation>
    </message>
    <message>
        <source>Most processes and threads.</source>
        <translation>最多进程和线程数。</translation>
    </message>
    <message>
        <source>Most space in /sandbox.</source>
        <translation>/sandbox 的最大空间。</translation>
    </message>
    <message>
        <source>Most space in /tmp.</source>
        <translation>/tmp 的最大空间。</translation>
    </message>
    <message>
        <source>Most output.</source>
        <translation>最多输出。</translation>
    </message>
    <message>
        <source>Hosts that are reached; an empty list stands for every public host.</source>
        <translation>可访问的主机；空列表表示所有公共主机。</translation>
    </message>
    <message>
        <source>Hosts that are never reached, whatever the whitelist says.</source>
        <translation>无论白名单如何，永远不可访问的主机。</translation>
    </message>
    <message>
        <source>Private addresses that may be reached all the same: host:port, or an address range such as 10.1.0.0/16.</source>
        <translation>仍可访问的私有地址：主机:端口，或如 10.1.0.0/16 的地址段。</translation>
    </message>
    <message>
        <source>Ports that are reached.</source>
        <translation>可访问的端口。</translation>
    </message>
    <message>
        <source>Connections of a run at the same time.</source>
        <translation>一次运行同时的连接数。</translation>
    </message>
    <message>
        <source>Connections of a run in all.</source>
        <translation>一次运行的连接总数。</translation>
    </message>
    <message>
        <source>Bytes that a run moves through the network, both directions together.</source>
        <translation>一次运行通过网络传输的字节数，双向合计。</translation>
    </message>
    <message>
        <source>End a connection on which nothing has moved for this time.</source>
        <translation>连接在此时间内无数据则结束。</translation>
    </message>
    <message>
        <source>Remove idle sessions by itself.</source>
        <translation>自动移除空闲会话。</translation>
    </message>
    <message>
        <source>Remove a session after this time without use.</source>
        <translation>会话闲置超过此时间后移除。</translation>
    </message>
    <message>
        <source>Stop a session&apos;s processes after this time without use; the next run wakes them.</source>
        <translation>会话闲置超过此时间后暂停其进程；下一次运行会唤醒它们。</translation>
    </message>
    <message>
        <source>secure: a sandbox serves one run. fast: it is wiped and serves the same owner again.</source>
        <translation>secure：一个沙箱只服务一次运行。fast：清空后再次服务同一所有者。</translation>
    </message>
    <message>
        <source>Fresh sandboxes.</source>
        <translation>全新的沙箱数。</translation>
    </message>
    <message>
        <source>Used sandboxes that wait to be wiped (strategy fast).</source>
        <translation>等待清空的已用沙箱数（fast 策略）。</translation>
    </message>
    <message>
        <source>strict: isol8&apos;s own profile. custom: the one at customProfilePath. unconfined: none at all.</source>
        <translation>strict：isol8 自带的配置。custom：customProfilePath 处的配置。unconfined：完全没有。</translation>
    </message>
    <message>
        <source>A seccomp profile as Docker reads it; relative to the folder of this file.</source>
        <translation>Docker 可读取的 seccomp 配置；相对于此文件所在的文件夹。</translation>
    </message>
    <message>
        <source>Allow it.</source>
        <translation>允许此功能。</translation>
    </message>
    <message>
        <source>How programs may be fetched. http also needs --allow-insecure-code-url (allowInsecureCodeUrl).</source>
        <translation>获取程序的方式。http 还需要 --allow-insecure-code-url（allowInsecureCodeUrl）。</translation>
    </message>
    <message>
        <source>Hosts that programs may come from, as in network.whitelist; an empty list stands for every public host.</source>
        <translation>程序可来自的主机，同 network.whitelist；空列表表示所有公共主机。</translation>
    </message>
    <message>
        <source>Hosts that programs never come from: names as in network.blacklist, or address ranges. An address that is not public must be named in network.allowPrivate, too, and be in none of these.</source>
        <translation>程序绝不可来自的主机：同 network.blacklist 的名称，或地址段。非公共地址还必须列入 network.allowPrivate，且不在这些地址段中。</translation>
    </message>
    <message>
        <source>Largest program.</source>
        <translation>程序的最大大小。</translation>
    </message>
    <message>
        <source>Longest time for fetching.</source>
        <translation>获取的最长时间。</translation>
    </message>
    <message>
        <source>Fetch only what comes with its SHA-256.</source>
        <translation>仅获取附带 SHA-256 的程序。</translation>
    </message>
    <message>
        <source>Keep what was fetched.</source>
        <translation>保留已获取的内容。</translation>
    </message>
    <message>
        <source>Seconds after which it is fetched again, unless its SHA-256 is given and still fits.</source>
        <translation>超过此秒数后重新获取，除非给出了 SHA-256 且仍相符。</translation>
    </message>
    <message>
        <source>Keep records.</source>
        <translation>保留记录。</translation>
    </message>
    <message>
        <source>Where they go.</source>
        <translation>记录的去处。</translation>
    </message>
    <message>
        <source>Folder of the records; a relative one counts from the current folder, for a background engine from the home folder. ISOL8_AUDIT_DIR in the environment stands in where this is not given.</source>
        <translation>记录的文件夹；相对路径从当前文件夹算起，后台引擎则从主文件夹算起。未给出时使用环境变量 ISOL8_AUDIT_DIR。</translation>
    </message>
    <message>
        <source>A program that is started after a record, with the file&apos;s path as its argument, never twice at once; empty: none.</source>
        <translation>写入记录后启动的程序，以文件路径为参数，不会同时启动两次；空：无。</translation>
    </message>
    <message>
        <source>Record CPU time, memory and network use.</source>
        <translation>记录 CPU 时间、内存和网络使用。</translation>
    </message>
    <message>
        <source>Days after which records are deleted.</source>
        <translation>记录在此天数后删除。</translation>
    </message>
    <message>
        <source>Record the code itself, its first MiB, and not only its hash.</source>
        <translation>记录代码本身（前 1 MiB），而不仅是其哈希。</translation>
    </message>
    <message>
        <source>Record stdout and stderr, the first MiB of each.</source>
        <translation>记录 stdout 和 stderr，各自前 1 MiB。</translation>
    </message>
    <message>
        <source>Keep keys in a database, beside the master key.</source>
        <translation>除主密钥外，在数据库中保存密钥。</translation>
    </message>
    <message>
        <source>A file (SQLite), postgres://… or mysql://…; empty: ~/.isol8/auth.db.</source>
        <translation>文件（SQLite）、postgres://… 或 mysql://…；空：~/.isol8/auth.db。</translation>
    </message>
    <message>
        <source>How long a key is valid.</source>
        <translation>密钥的有效期。</translation>
    </message>
    <message>
        <source>How often expired keys are deleted.</source>
        <translation>删除过期密钥的间隔。</translation>
    </message>
    <message>
        <source>What requests may ask for although it weakens the walls.</source>
        <translation>请求可以要求的、会削弱隔离的内容。</translation>
    </message>
    <message>
        <source>How long a service that is told to end lets its runs finish.</source>
        <translation>服务被要求结束时，允许其运行继续完成的时间。</translation>
    </message>
    <message>
        <source>Custom images that `isol8 setup` builds, too, and a service before it takes work.</source>
        <translation>`isol8 setup` 也会构建的自定义镜像；服务在接受任务前也会构建。</translation>
    </message>
    <message>
        <source>Languages of your own, by name; one that has a built-in one&apos;s name replaces it.</source>
        <translation>按名称定义您自己的语言；与内置语言同名则取而代之。</translation>
    </message>
    <message>
        <source>Tell on stderr what isol8 does.</source>
        <translation>在 stderr 上说明 isol8 的行为。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::RunLogDialog</name>
    <message>
        <source>Exit code %1</source>
        <translation>退出码 %1</translation>
    </message>
    <message>
        <source>Nothing is kept of its runs. This app keeps those that it starts; of all others there are records where the setting audit.enabled is on.</source>
        <translation>没有保留它的运行记录。本程序保留自己启动的运行；其他运行仅在设置 audit.enabled 开启时有记录。</translation>
    </message>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation>
            <numerusform>%n 次运行</numerusform>
        </translation>
    </message>
    <message>
        <source>Runs of the sandbox</source>
        <translation>沙箱的运行</translation>
    </message>
    <message>
        <source>When</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>The run that is chosen</source>
        <translation>所选运行</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ServiceImageBuild</name>
    <message>
        <source>The connection to the service broke before the image was there.</source>
        <translation>镜像完成前与服务的连接中断了。</translation>
    </message>
    <message>
        <source>The image could not be made.</source>
        <translation>无法制作镜像。</translation>
    </message>
    <message>
        <source>The build was cancelled.</source>
        <translation>构建已取消。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::ShellWindow</name>
    <message>
        <source>Opening the shell…</source>
        <translation>正在打开终端…</translation>
    </message>
    <message>
        <source>How the shell goes</source>
        <translation>终端状态</translation>
    </message>
    <message>
        <source>Ctrl-D ends the shell. Ctrl-Shift-C copies, Ctrl-Shift-V pastes.</source>
        <translation>Ctrl-D 结束终端。Ctrl-Shift-C 复制，Ctrl-Shift-V 粘贴。</translation>
    </message>
    <message>
        <source>The shell has ended.</source>
        <translation>终端已结束。</translation>
    </message>
</context>
<context>
    <name>isol8::desktop::SnapshotDialog</name>
    <message>
        <source>Looking for snapshots…</source>
        <translation>正在查找快照…</translation>
    </message>
    <message>
        <source>Start from it</source>
        <translation>从此开始</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Snapshots</source>
        <translation>快照</translation>
    </message>
    <message>
        <source>What there is</source>
        <translation>现有内容</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行环境</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>保存于</translation>
    </message>
    <message>
        <source>Of</source>
        <translation>所属</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>A new session whose /sandbox begins with it</source>
        <translation>一个 /sandbox 以此开始的新会话</translation>
    </message>
    <message>
        <source>There are no snapshots. Choose a session, and keep its files.</source>
        <translation>没有快照。请选择一个会话并保留其文件。</translation>
    </message>
    <message numerus="yes">
        <source>%n snapshot(s)</source>
        <translation>
            <numerusform>%n 个快照</numerusform>
        </translation>
    </message>
    <message>
        <source>Remove a snapshot</source>
        <translation>移除快照</translation>
    </message>
    <message>
        <source>Remove the snapshot %1? Its files are gone then.</source>
        <translation>移除快照 %1？其文件将不复存在。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
</context>
</TS>
