using System.CommandLine;

namespace Bolt.Tool.Commands;

/// <summary>`bolt version`; Program answers it, so this is only its place in the help.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the version");
        command.SetAction(Print);
        return command.WithExamples("bolt version");
    }

    public static int Print(ParseResult parsed)
    {
        parsed.InvocationConfiguration.Output.WriteLine(ToolVersion.Text);
        return ExitCode.Done;
    }
}
