using System.CommandLine;

namespace Bolt.Tool.Commands;

/// <summary>`bolt help [TOPIC]`: the help of a verb, or a page about what all verbs share.</summary>
internal static class HelpCommand
{
    private static readonly Argument<string?> Topic = new("TOPIC") { Description = $"A verb, or one of {HelpTopics.Names}", Arity = ArgumentArity.ZeroOrOne };

    public static Command Create()
    {
        var command = new Command("help", "Explain a verb or a topic") { Topic };
        command.SetAction(parsed =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var asked = parsed.GetValue(Topic);
            if (asked is not null && HelpTopics.Find(asked) is { } text)
            {
                output.WriteLine(text);
                return ExitCode.Done;
            }
            if (Cli.Find(asked) is not { } about)
            {
                error.WriteLine($"error: there is neither a verb nor a topic `{asked}`\nfix: topics are {HelpTopics.Names}; `bolt --help` lists the verbs");
                return ExitCode.Usage;
            }
            string[] line = about is RootCommand ? ["--help"] : [about.Name, "--help"];
            return Cli.Tree(asked).Parse(line).Invoke(parsed.InvocationConfiguration);
        });
        return command.WithExamples("bolt help up", "bolt help boltfile", "bolt help environment");
    }
}
