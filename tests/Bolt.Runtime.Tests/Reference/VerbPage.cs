using System.CommandLine;
using Bolt.Tool;

namespace Bolt.Runtime.Tests.Reference;

/// <summary>The verbs, from the tool's own tree.</summary>
internal static class VerbPage
{
    public static string Write()
    {
        var root = Cli.Tree();
        var page = new Page("Verbs of bolt", "the tool's tree of verbs");
        page.Line("`bolt VERB --help` says the same, `bolt man VERB` as a manual page.").Line();
        page.Line("## Options of every verb").Line();
        Options(page, root.Options.Where(o => o.Recursive || o.Name is "--help" or "--version"));
        page.Line("## Exit codes").Line().Line(HelpTopics.ExitCodes.ReplaceLineEndings("\n")).Line();
        foreach (var verb in root.Subcommands.Where(c => !c.Hidden)) Verb(page, verb);
        return page.ToString();
    }

    private static void Verb(Page page, Command verb)
    {
        var words = verb.Arguments.Where(a => !a.Hidden).Select(a =>
            $" {(a.Arity.MinimumNumberOfValues == 0 ? "[" : "")}{a.Name}{(a.Arity.MaximumNumberOfValues > 1 ? "..." : "")}{(a.Arity.MinimumNumberOfValues == 0 ? "]" : "")}");
        page.Line($"## {Help.Path(verb)}").Line().Line(verb.Description + ".").Line();
        page.Line("```").Line($"{Help.Path(verb)}{(verb.Subcommands.Count > 0 ? " VERB" : "")} [options]{string.Concat(words)}").Line("```").Line();
        page.Table(["argument", "is"], verb.Arguments.Where(a => !a.Hidden).Select(a => (string[])[$"`{a.Name}`", a.Description ?? ""]));
        Options(page, verb.Options);
        if (verb.Subcommands.Count == 0 && Help.ExamplesOf(verb) is { Length: > 0 } examples)
        {
            page.Line("```");
            foreach (var example in examples) page.Line(example);
            page.Line("```").Line();
        }
        foreach (var below in verb.Subcommands.Where(c => !c.Hidden)) page.Line($"- `{Help.Path(below)}`: {below.Description}");
        if (verb.Subcommands.Count > 0) page.Line();
    }

    private static void Options(Page page, IEnumerable<Option> options) =>
        page.Table(["option", "means"], options.Where(o => !o.Hidden).Select(o => (string[])[$"`{Form(o)}`", o.Description ?? ""]));

    private static string Form(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).Distinct().OrderBy(n => n.Length));
        return option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? names : $"{names} {option.HelpName ?? "VALUE"}";
    }
}
