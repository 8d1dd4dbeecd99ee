using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Bolt.Tool;

/// <summary>--help of every verb: what it takes, and examples to copy.</summary>
internal static class Help
{
    private static readonly Dictionary<string, string[]> Examples = [];

    /// <summary>Gives a verb its examples.</summary>
    public static Command WithExamples(this Command command, params string[] lines)
    {
        Examples[command.Name] = lines;
        return command;
    }

    public static string[] ExamplesOf(Command command) => Examples.GetValueOrDefault(command.Name, []);

    public static HelpOption Option()
    {
        var option = new HelpOption("--help", "-h");
        option.Description = "Show this help";
        option.Action = new ExampleHelp((HelpAction)option.Action!);
        return option;
    }

    /// <summary>The help of the verb that was typed.</summary>
    public static int Print(ParseResult parsed) => ((SynchronousCommandLineAction)Option().Action!).Invoke(parsed);

    public static bool IsAskedFor(ParseResult parsed) => parsed.Action is ExampleHelp;

    /// <summary>The verb with those above it, as typed: "bolt surge up".</summary>
    public static string Path(Command command) =>
        command is RootCommand ? "bolt" : $"{Path(command.Parents.OfType<Command>().First())} {command.Name}";

    private sealed class ExampleHelp(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var settings = parseResult.InvocationConfiguration;
            var output = settings.Output;
            using var text = new StringWriter();
            settings.Output = text;
            inner.Invoke(parseResult);
            settings.Output = output;
            output.Write(OwnShortForm(parseResult.CommandResult.Command, text.ToString()));
            if (Examples.TryGetValue(parseResult.CommandResult.Command.Name, out var lines))
            {
                output.WriteLine("Examples:");
                foreach (var line in lines)
                {
                    output.WriteLine($"  {line}");
                }
                output.WriteLine();
            }
            return ExitCode.Done;
        }

        // `logs -f` follows, as everywhere else; the Boltfile's short form is not shown where it means something else.
        private static string OwnShortForm(Command command, string help) =>
            command.Options.Any(o => o != Cli.File && o.Aliases.Contains("-f"))
                ? help.Replace("  -f, --file <FILE>  ", "  --file <FILE>      ", StringComparison.Ordinal)
                : help;
    }
}
