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
        <source>%1 It is tried again by itself.</source>
        <translation>%1 会自动重试。</translation>
    </message>
    <message>
        <source>A program is running</source>
        <translation>有程序正在运行</translation>
    </message>
    <message>
        <source>A program is running. Stop it and close isol8?</source>
        <translation>有程序正在运行。要停止它并关闭 isol8 吗？</translation>
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
</context>
<context>
    <name>isol8::desktop::HistoryView</name>
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
        <translation>isol8 的消息</translation>
    </message>
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
        <source>Check-up</source>
        <translation>检查</translation>
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
        <source>Snapshot…</source>
        <translation>快照…</translation>
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
</TS>
