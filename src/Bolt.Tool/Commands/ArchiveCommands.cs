using System.Collections.Immutable;
using System.CommandLine;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>Images to and from files: save, load, export, import.</summary>
internal static class ArchiveCommands
{
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "The file; without it, standard output", HelpName = "FILE" };
    private static readonly Option<string?> Input = new("--input", "-i") { Description = "The archive, or a layout folder; without it, standard input", HelpName = "FILE" };
    private static readonly Option<bool> Layout = new("--layout") { Description = "Write an OCI layout folder, the one that --output names" };
    private static readonly Option<string?> Tag = new("--tag", "-t") { Description = "A name for an image to which the archive gives none", HelpName = "NAME" };
    private static readonly Option<string[]> Command = new("--cmd") { Description = "What a capsule of the image runs", HelpName = "WORD", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each image as one line of JSON" };
    private static readonly Argument<string> Image = new Argument<string>("IMAGE") { Description = "A reference, a recipe's name, or the start of an id" }.WithoutOptions();
    private static readonly Argument<string[]> Images = new Argument<string[]>("IMAGE") { Description = "References, recipes' names, or starts of ids", Arity = ArgumentArity.OneOrMore }.WithoutOptions();
    private static readonly Argument<string> File = new("FILE") { Description = "The tar of a root file system, packed or not; - is standard input" };
    private static readonly Argument<string> Name = new Argument<string>("NAME") { Description = "[HOST[:PORT]/]NAME[:TAG]" }.WithoutOptions();

    public static IEnumerable<Command> Create()
    {
        yield return Bound(new Command("save", "Write images to an archive that Docker, podman and skopeo read") { Output, Layout, Images }, SaveAsync).WithExamples(
            "bolt save -o web.tar web:1                     docker-archive and oci-archive at once",
            "bolt save --layout -o ./web web:1              an OCI layout folder",
            "bolt save web:1 | ssh other bolt load");
        yield return Bound(new Command("load", "Take the images of an archive or layout folder into the store") { Input, Tag, Json }, LoadAsync).WithExamples(
            "bolt load -i web.tar                           what docker, podman, skopeo or bolt saved",
            "bolt load -i ./layout --tag web                a layout whose image is called `1` becomes web:1");
        yield return Bound(new Command("export", "Write the root file system of an image as one tar") { Output, Image }, ExportAsync).WithExamples(
            "bolt export -o root.tar web:1");
        yield return Bound(new Command("import", "Make an image of a root file system's tar") { Command, File, Name }, ImportAsync).WithExamples(
            "bolt import root.tar mine:1 --cmd /bin/sh",
            "bolt export web:1 | bolt import - flat:1");
    }

    private static Command Bound(Command command, Func<Invocation, Task<int>> body)
    {
        Invocation.Bind(command, body);
        return command;
    }

    private static async Task<int> SaveAsync(Invocation invocation)
    {
        if (!invocation.Value(Layout))
        {
            return await WriteAsync(invocation, target => invocation.Runtime.SaveImagesAsync(invocation.Values(Images), target, invocation.Cancellation));
        }
        var folder = invocation.Value(Output) ?? throw new BoltException(ToolErrors.LayoutNeedsFolder());
        await invocation.Runtime.SaveLayoutAsync(invocation.Values(Images), Path.GetFullPath(folder), invocation.Cancellation);
        return ExitCode.Done;
    }

    private static Task<int> ExportAsync(Invocation invocation) =>
        WriteAsync(invocation, target => invocation.Runtime.ExportImageAsync(invocation.Parsed.GetRequiredValue(Image), target, invocation.Cancellation));

    private static async Task<int> LoadAsync(Invocation invocation)
    {
        ImmutableArray<ImageSummary> loaded;
        if (invocation.Value(Input) is { } path && Directory.Exists(path))
        {
            loaded = await invocation.Runtime.LoadLayoutAsync(Path.GetFullPath(path), invocation.Value(Tag), invocation.Cancellation);
        }
        else
        {
            await using var archive = Open(invocation.Value(Input) ?? "-");
            loaded = await invocation.Runtime.LoadImagesAsync(archive, invocation.Value(Tag), invocation.Cancellation);
        }
        foreach (var image in loaded)
        {
            invocation.Screen.Data(invocation.Value(Json) ? ImageLine.Of(image) : image.Reference);
        }
        return ExitCode.Done;
    }

    private static async Task<int> ImportAsync(Invocation invocation)
    {
        await using var tar = Open(invocation.Parsed.GetRequiredValue(File));
        var image = await invocation.Runtime.ImportImageAsync(tar, invocation.Parsed.GetRequiredValue(Name), invocation.Value(Command) ?? [], invocation.Cancellation);
        invocation.Screen.Data(image.Reference);
        return ExitCode.Done;
    }

    private static Stream Open(string path)
    {
        if (path == "-")
        {
            return Console.IsInputRedirected ? Console.OpenStandardInput() : throw new BoltException(ToolErrors.NoInput());
        }
        try
        {
            return System.IO.File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(ToolErrors.Unreadable(path, e.Message), e);
        }
    }

    // Beside and renamed: a save that fails leaves the file that was there.
    private static async Task<int> WriteAsync(Invocation invocation, Func<Stream, Task> write)
    {
        if (invocation.Value(Output) is not { } path || path == "-")
        {
            if (!Console.IsOutputRedirected)
            {
                throw new BoltException(ToolErrors.TerminalOutput());
            }
            await using var output = Console.OpenStandardOutput();
            await write(output);
            return ExitCode.Done;
        }
        await WriteFileAsync(path, write);
        return ExitCode.Done;
    }

    internal static async Task WriteFileAsync(string path, Func<Stream, Task> write)
    {
        var beside = $"{path}.{Guid.NewGuid():n}";
        try
        {
            await using (var file = new FileStream(beside, FileMode.CreateNew))
            {
                await write(file);
            }
            System.IO.File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(ToolErrors.NotWritten(path, e.Message), e);
        }
        finally
        {
            System.IO.File.Delete(beside);
        }
    }
}
