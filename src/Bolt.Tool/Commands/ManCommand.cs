using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Bolt.Tool.Commands;

/// <summary>`bolt man [VERB]`: a page for man(1), made from the same tree as the help.</summary>
internal static class ManCommand
{
    private static readonly Argument<string?> Verb = new("VERB") { Description = "Of which verb; without it, of bolt", Arity = ArgumentArity.ZeroOrOne };

    public static Command Create()
    {
        var command = new Command("man", "Print a manual page for man(1)") { Verb };
        command.SetAction(parsed =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (Cli.Find(parsed.GetValue(Verb)) is not { } about)
            {
                error.WriteLine($"error: there is no verb `{parsed.GetValue(Verb)}`\nfix: `bolt --help` lists them");
                return ExitCode.Usage;
            }
            output.Write(Page(about));
            return ExitCode.Done;
        });
        return command.WithExamples("bolt man up | man -l -", "bolt man >~/.local/share/man/man1/bolt.1");
    }

    private static string Page(Command about)
    {
        var name = Help.Path(about).Replace(' ', '-');
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $".TH {name.ToUpperInvariant()} 1 \"\" \"bolt {ToolVersion.Text.Split('+')[0]}\" \"Bolt\"\n");
        page.Append(CultureInfo.InvariantCulture, $".SH NAME\n{Text(name)} \\- {Text(about.Description)}\n.SH SYNOPSIS\n.B {Text(Help.Path(about))}\n[\\fIoptions\\fR]");
        if (about.Subcommands.Count > 0) page.Append(" \\fIcommand\\fR");
        foreach (var argument in about.Arguments)
            page.Append(CultureInfo.InvariantCulture, $" {(argument.Arity.MinimumNumberOfValues == 0 ? "[" : "")}\\fI{Text(argument.Name)}\\fR{(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")}{(argument.Arity.MinimumNumberOfValues == 0 ? "]" : "")}");
        page.Append('\n');
        Section(page, "COMMANDS", about.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description)));
        Section(page, "ARGUMENTS", about.Arguments.Where(a => !a.Hidden).Select(a => (a.Name, a.Description)));
        Section(page, "OPTIONS", Options(about).Select(o => (Form(o), o.Description)));
        if (Help.ExamplesOf(about) is { Length: > 0 } examples)
        {
            page.Append(".SH EXAMPLES\n.nf\n");
            foreach (var example in examples) page.Append(Text(example)).Append('\n');
            page.Append(".fi\n");
        }
        page.Append(".SH EXIT STATUS\n").Append(Text(HelpTopics.ExitCodes)).Append('\n');
        if (about is not RootCommand) page.Append(".SH SEE ALSO\n.BR bolt (1)\n");
        return page.ToString();
    }

    // Options of the tree's root hold for every verb below it.
    private static IEnumerable<Option> Options(Command about) =>
        about.Options.Concat(about is RootCommand ? [] : Cli.Root(about).Options.Where(o => o.Recursive)).Where(o => !o.Hidden);

    private static string Form(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).Distinct().OrderBy(n => n.Length));
        return option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? names : $"{names} {option.HelpName ?? "VALUE"}";
    }

    private static void Section(StringBuilder page, string title, IEnumerable<(string Term, string? Says)> entries)
    {
        var first = true;
        foreach (var (term, says) in entries)
        {
            if (first) page.Append(CultureInfo.InvariantCulture, $".SH {title}\n");
            first = false;
            page.Append(CultureInfo.InvariantCulture, $".TP\n.B {Text(term)}\n{Text(says)}\n");
        }
    }

    // groff(7): a backslash escapes, a hyphen that is typed is \-, and a dot or quote that begins a line is a request.
    private static string Text(string? text)
    {
        var lines = (text ?? "").Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Split('\n');
        return string.Join('\n', lines.Select(l => l is ['.' or '\'', ..] ? "\\&" + l : l));
    }
}
