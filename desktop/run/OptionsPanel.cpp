// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/OptionsPanel.h>

#include <isol8/base/Paths.h>

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QStringList filledLines(const QPlainTextEdit *edit)
{
    QStringList list;
    for (const QString &line : edit->toPlainText().split(u'\n')) {
        if (const QString trimmed = line.trimmed(); !trimmed.isEmpty())
            list.append(trimmed);
    }
    return list;
}

QString pairs(const QMap<QString, QString> &map)
{
    QStringList list;
    for (auto at = map.begin(); at != map.end(); ++at)
        list.append(at.key() + u'=' + at.value());
    return list.join(u'\n');
}

QMap<QString, QString> mapOf(const QPlainTextEdit *edit)
{
    QMap<QString, QString> map;
    for (const QString &line : filledLines(edit))
        map.insert(line.section(u'=', 0, 0).trimmed(), line.section(u'=', 1));
    return map;
}

QString textOf(const QWidget *edit)
{
    const auto *line = qobject_cast<const QLineEdit *>(edit);
    return line ? line->text() : qobject_cast<const QPlainTextEdit *>(edit)->toPlainText();
}

template<class T> QString shown(const std::optional<T> &number)
{
    return number ? QString::number(*number) : QString();
}

QString shownTime(milliseconds time)
{
    return time.count() % 1000 == 0 ? u"%1s"_s.arg(time.count() / 1000) : QString::number(time.count());
}

QString shownSize(const std::optional<qint64> &size)
{
    return size ? formatSize(*size) : QString();
}

Result<std::optional<qint64>> readSize(const QLineEdit *edit)
{
    const QString text = edit->text().trimmed();
    if (text.isEmpty())
        return std::nullopt;
    const auto size = parseSize(text);
    if (!size)
        return fail(size.error());
    return *size;
}

} // namespace

QLineEdit *OptionsPanel::line(QFormLayout *form, const QString &label, const QString &hint, const QString &meaning)
{
    auto *edit = new QLineEdit(this);
    edit->setPlaceholderText(hint);
    edit->setToolTip(meaning);
    edit->setAccessibleName(label);
    edit->setAccessibleDescription(meaning);
    form->addRow(label, edit);
    connect(edit, &QLineEdit::textEdited, this, &OptionsPanel::edited);
    return edit;
}

QPlainTextEdit *OptionsPanel::lines(QFormLayout *form, const QString &label, const QString &hint,
                                    const QString &meaning)
{
    auto *edit = new QPlainTextEdit(this);
    edit->setPlaceholderText(hint);
    edit->setToolTip(meaning);
    edit->setAccessibleName(label);
    edit->setAccessibleDescription(meaning);
    edit->setTabChangesFocus(true);
    edit->setFixedHeight(edit->fontMetrics().lineSpacing() * 3 + 12);
    form->addRow(label, edit);
    connect(edit, &QPlainTextEdit::textChanged, this, [this] {
        if (!m_showing)
            Q_EMIT edited();
    });
    return edit;
}

QCheckBox *OptionsPanel::check(QFormLayout *form, const QString &label, const QString &meaning)
{
    auto *box = new QCheckBox(label, this);
    box->setToolTip(meaning);
    box->setAccessibleDescription(meaning);
    form->addRow(box);
    connect(box, &QCheckBox::clicked, this, &OptionsPanel::edited);
    return box;
}

OptionsPanel::OptionsPanel(QWidget *parent)
    : QWidget(parent)
{
    auto *form = new QFormLayout(this);
    m_form = form;
    form->setRowWrapPolicy(QFormLayout::WrapAllRows);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setContentsMargins(10, 8, 10, 8);
    m_network = new QComboBox(this);
    m_network->addItem(tr("As configured"), QString());
    m_network->addItem(tr("None"), u"none"_s);
    m_network->addItem(tr("Only the hosts below"), u"filtered"_s);
    m_network->addItem(tr("The host's own, no walls"), u"host"_s);
    m_network->setAccessibleName(tr("Network"));
    form->addRow(tr("Network"), m_network);
    connect(m_network, &QComboBox::activated, this, &OptionsPanel::edited);
    connect(m_network, &QComboBox::currentIndexChanged, this, &OptionsPanel::showHosts);
    m_allow = lines(form, tr("Allowed hosts"), u"api.example.com"_s, tr("One a line; none: every public host"));
    m_deny = lines(form, tr("Refused hosts"), {}, tr("One a line; these win over the allowed ones"));
    m_timeout = line(form, tr("Time limit"), u"30s"_s, tr("After this time the run is ended: 500, 30s, 2m"));
    m_memory = line(form, tr("Memory"), u"512m"_s, tr("Of the whole sandbox, its files included"));
    m_cpu = line(form, tr("CPUs"), u"1"_s, tr("0.5 is half of one"));
    m_pids = line(form, tr("Processes"), u"64"_s, tr("Processes and threads at once"));
    m_space = line(form, tr("Space in /sandbox"), u"512m"_s, tr("How much its files may take"));
    m_output = line(form, tr("Output"), u"1m"_s, tr("Of each stream; what is more is dropped"));
    m_packages = line(form, tr("Packages"), u"numpy pandas"_s, tr("Installed before the program, with spaces between"));
    m_arguments = line(form, tr("Arguments"), {}, tr("For the program, quoted as in a shell"));
    m_image = line(form, tr("Image"), {}, tr("A custom image; empty: the runtime's own"));
    m_session = line(form, tr("Session"), {},
                     tr("Keep the sandbox between runs under this name; empty: a fresh one each time"));
    m_snapshot = line(form, tr("Begins with snapshot"), {},
                      tr("What a new session's /sandbox begins with; the Sandboxes page lists snapshots"));
    m_environment = lines(form, tr("Environment"), u"NAME=value"_s, tr("One variable a line"));
    m_secrets = lines(form, tr("Secrets"), u"NAME=value"_s, tr("As variables; never saved, and hidden in the output"));
    m_setup = lines(form, tr("Setup script"), {}, tr("Run by bash before the program"));
    m_stdin = lines(form, tr("Input"), {}, tr("What the program reads from its stdin"));
    m_interactive =
        check(form, tr("I type its input"), tr("Stdin stays open, with a line to type into below the output"));
    m_terminal = check(form, tr("In a terminal"), tr("The program gets a terminal of its own"));
    m_files = new QLabel(this);
    m_files->setWordWrap(true);
    m_files->setTextFormat(Qt::PlainText);
    form->addRow(tr("Files given to it"), m_files);
    auto *clear = new QPushButton(tr("Give none"), this);
    connect(clear, &QPushButton::clicked, this, [this] {
        m_given.clear();
        showFiles();
        Q_EMIT edited();
    });
    form->addRow(clear);
    showHosts();
}

// Lists of hosts mean something to a filtered network alone.
void OptionsPanel::showHosts()
{
    const bool filtered = m_network->currentData().toString() == "filtered"_L1;
    m_form->setRowVisible(m_allow, filtered);
    m_form->setRowVisible(m_deny, filtered);
}

void OptionsPanel::show(const Program &program)
{
    m_showing = true;
    const RunRequest &request = program.request;
    const RunOptions &options = program.options;
    const int index = !options.network                    ? 0
                      : *options.network == Network::None ? 1
                      : *options.network == Network::Host ? 3
                                                          : 2;
    m_network->setCurrentIndex(index);
    m_allow->setPlainText(options.whitelist.value_or(QStringList()).join(u'\n'));
    m_deny->setPlainText(options.blacklist.value_or(QStringList()).join(u'\n'));
    m_timeout->setText(request.timeout ? shownTime(*request.timeout) : QString());
    m_memory->setText(shownSize(options.memoryLimit));
    m_cpu->setText(shown(options.cpuLimit));
    m_pids->setText(shown(options.pidsLimit));
    m_space->setText(shownSize(options.sandboxSize));
    m_output->setText(shownSize(options.maxOutputSize));
    m_packages->setText(request.installPackages.join(u' '));
    QStringList arguments;
    for (QString argument : request.args) {
        argument.replace(u'"', u"\"\"\""_s);
        arguments.append(argument.contains(u' ') || argument.isEmpty() ? QString(u'"' + argument + u'"') : argument);
    }
    m_arguments->setText(arguments.join(u' '));
    m_image->setText(options.image);
    m_session->setText(options.sessionId);
    m_snapshot->setText(options.snapshot);
    m_environment->setPlainText(pairs(request.env));
    m_secrets->setPlainText(pairs(options.secrets));
    m_setup->setPlainText(request.setupScript);
    m_stdin->setPlainText(QString::fromUtf8(request.stdinData));
    m_interactive->setChecked(request.interactiveStdin);
    m_terminal->setChecked(options.pty);
    m_given = request.files;
    showFiles();
    m_shown = program;
    for (const QWidget *edit :
         std::initializer_list<const QWidget *>{m_arguments, m_packages, m_environment, m_secrets, m_setup, m_stdin})
        m_shownTexts.insert(edit, textOf(edit));
    m_showing = false;
}

Result<void> OptionsPanel::apply(Program *program) const
{
    RunRequest &request = program->request;
    RunOptions &options = program->options;
    static constexpr std::optional<Network> networks[] = {std::nullopt, Network::None, Network::Filtered,
                                                          Network::Host};
    options.network = networks[m_network->currentIndex()];
    const bool filtered = options.network == Network::Filtered;
    const QStringList allow = filledLines(m_allow);
    const QStringList deny = filledLines(m_deny);
    options.whitelist = filtered && !allow.isEmpty() ? std::optional(allow) : std::nullopt;
    options.blacklist = filtered && !deny.isEmpty() ? std::optional(deny) : std::nullopt;
    const auto named = [](const QString &field, const Error &error) {
        return fail(errors::BadValue, field + u": "_s + error.message);
    };
    request.timeout.reset();
    if (const QString text = m_timeout->text().trimmed(); !text.isEmpty()) {
        const auto time = parseDuration(text);
        if (!time)
            return named(tr("Time limit"), time.error());
        request.timeout = *time;
    }
    const auto size = [&](const QLineEdit *edit, std::optional<qint64> *value) -> Result<void> {
        const auto read = readSize(edit);
        if (!read)
            return named(edit->accessibleName(), read.error());
        *value = *read;
        return {};
    };
    for (const auto &[edit, value] :
         {std::pair(m_memory, &options.memoryLimit), std::pair(m_space, &options.sandboxSize),
          std::pair(m_output, &options.maxOutputSize)}) {
        if (const auto read = size(edit, value); !read)
            return read;
    }
    bool fine = true;
    const QString cpu = m_cpu->text().trimmed();
    options.cpuLimit = cpu.isEmpty() ? std::nullopt : std::optional(cpu.toDouble(&fine));
    const QString pids = m_pids->text().trimmed();
    bool finePids = true;
    options.pidsLimit = pids.isEmpty() ? std::nullopt : std::optional(pids.toInt(&finePids));
    if (!fine || !finePids)
        return fail(errors::BadValue, tr("%1: write a number.").arg(fine ? tr("Processes") : tr("CPUs")));
    // What nobody has touched stays as it was, also where no field can show it as it is: lines in a value, bytes that
    // are no text.
    const auto untouched = [this](const QWidget *edit) { return m_shownTexts.value(edit) == textOf(edit); };
    request.installPackages =
        untouched(m_packages) ? m_shown.request.installPackages : m_packages->text().split(u' ', Qt::SkipEmptyParts);
    request.args = untouched(m_arguments) ? m_shown.request.args : QProcess::splitCommand(m_arguments->text());
    options.image = m_image->text().trimmed();
    options.sessionId = m_session->text().trimmed();
    options.snapshot = options.sessionId.isEmpty() ? QString() : m_snapshot->text().trimmed();
    options.mode = options.sessionId.isEmpty() ? RunMode::Ephemeral : RunMode::Persistent;
    request.env = untouched(m_environment) ? m_shown.request.env : mapOf(m_environment);
    options.secrets = untouched(m_secrets) ? m_shown.options.secrets : mapOf(m_secrets);
    request.setupScript = untouched(m_setup) ? m_shown.request.setupScript : m_setup->toPlainText();
    request.stdinData = untouched(m_stdin) ? m_shown.request.stdinData : m_stdin->toPlainText().toUtf8();
    request.interactiveStdin = m_interactive->isChecked() || m_terminal->isChecked();
    options.pty = m_terminal->isChecked();
    request.files = m_given;
    return {};
}

void OptionsPanel::clearSnapshot()
{
    if (m_snapshot->text().isEmpty())
        return;
    m_snapshot->clear();
    Q_EMIT edited();
}

void OptionsPanel::addFiles(const QStringList &paths)
{
    for (const QString &path : paths) {
        const auto content = readFile(path, 100 * MiB);
        if (!content) {
            Q_EMIT failed(content.error().message);
            continue;
        }
        const QString target = u"/sandbox/"_s + QFileInfo(path).fileName();
        m_given.removeIf([&](const InputFile &file) { return file.path == target; });
        m_given.append({target, *content, QFileInfo(path).isExecutable() ? 0755u : 0644u});
    }
    showFiles();
    Q_EMIT edited();
}

void OptionsPanel::showFiles()
{
    QStringList names;
    for (const InputFile &file : std::as_const(m_given))
        names.append(file.path);
    m_files->setText(names.isEmpty() ? tr("None; drop files on the file list") : names.join(u'\n'));
}

} // namespace isol8::desktop
