using System.CommandLine;
using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Tool.Commands;

/// <summary>`bolt sbom`: what an image is made of, as SPDX.</summary>
internal static class SbomCommand
{
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "Write it here; without it, to standard output", HelpName = "FILE" };
    private static readonly Argument<string> Image = new Argument<string>("IMAGE") { Description = "A reference, a recipe's name, or the start of an id" }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("sbom", "Print an image's bill of materials: SPDX 2.3, in JSON") { Output, Image };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt sbom app:1 -o app.spdx.json          its layers, files and packages",
            "bolt build -t app:1 --sbom app.spdx.json --provenance app.slsa.json .");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var document = await invocation.Runtime.DescribeImageAsync(invocation.Parsed.GetRequiredValue(Image), Created(), invocation.Cancellation);
        if (invocation.Value(Output) is { } path && path != "-")
        {
            await WriteAsync(path, document, invocation.Cancellation);
        }
        else
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(document, invocation.Cancellation);
            await output.WriteAsync("\n"u8.ToArray(), invocation.Cancellation);
        }
        return ExitCode.Done;
    }

    /// <summary>SOURCE_DATE_EPOCH, so that equal images have equal documents; null: now.</summary>
    public static DateTimeOffset? Created() => BuildCommand.Epoch(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH")) is { } time ? DateTimeOffset.FromUnixTimeSeconds(time) : null;

    public static async Task WriteAsync(string path, byte[] document, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllBytesAsync(path, document, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(ToolErrors.NotWritten(path, e.Message), e);
        }
    }
}
