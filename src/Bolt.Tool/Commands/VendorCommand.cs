using System.CommandLine;
using System.Globalization;

namespace Bolt.Tool.Commands;

/// <summary>`bolt vendor`: keeps what bolt.lock pins, for years in which nobody else does.</summary>
internal static class VendorCommand
{
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "The folder; without it, bolt.vendor beside bolt.lock, where `up` and `build` look", HelpName = "FOLDER" };

    public static Command Create()
    {
        var command = new Command("vendor", "Keep packages, images and files that bolt.lock pins, so that nothing has to be fetched again") { Output };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt vendor                   into bolt.vendor; `bolt up` on another machine takes them from there",
            "bolt vendor -o /mnt/stick     elsewhere; lay it beside bolt.lock as bolt.vendor to use it");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (LockCommand.Boltfile(invocation) is not { } boltfile)
        {
            return ExitCode.Usage;
        }
        var report = await invocation.Runtime.VendorAsync(boltfile, invocation.Value(Output), new SpokenProgress(invocation.Screen), invocation.Cancellation);
        invocation.Screen.Data(report.Folder);
        invocation.Screen.Say(string.Create(CultureInfo.InvariantCulture, $"{report.Entries} entries of bolt.lock, {report.Files} files, {Words.Size(report.Bytes)}"));
        return ExitCode.Done;
    }
}
