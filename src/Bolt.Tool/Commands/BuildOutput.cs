using Bolt.Builds;
using Bolt.Diagnostics;

namespace Bolt.Tool.Commands;

/// <summary>Where --output writes what was built.</summary>
/// <param name="Kind">docker and oci: one archive that is both, or with a folder's name a layout; tar and local: the root file system.</param>
internal sealed record BuildOutput(string Kind, string Path)
{
    public bool IsStandardOutput => Path == "-";

    /// <summary>Null: nothing is to be written.</summary>
    public static BuildOutput? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }
        if (!text.Contains('=', StringComparison.Ordinal))
        {
            return text == "-" ? new BuildOutput("tar", "-") : new BuildOutput("local", text);
        }
        var parts = BuildSecrets.Parts(text);
        var (kind, path) = (parts.GetValueOrDefault("type") ?? "local", parts.GetValueOrDefault("dest") ?? "-");
        // The store has every image, whatever else is made of it.
        if (kind is "image")
        {
            return null;
        }
        return kind is "docker" or "oci" or "tar" || (kind == "local" && path != "-")
            ? new BuildOutput(kind, path)
            : throw new BoltException(ToolErrors.BadBuildOption("--output", text, "write `type=oci,dest=FILE`; the types are docker, oci, tar and local"));
    }

    public async Task WriteAsync(BoltRuntime runtime, BuiltImage image, CancellationToken cancellation)
    {
        var name = image.Tags.IsEmpty ? image.Id : image.Tags[0];
        if (Kind == "local")
        {
            await runtime.ExportFolderAsync(name, System.IO.Path.GetFullPath(Path), cancellation);
            return;
        }
        Task Write(Stream target) => Kind == "tar" ? runtime.ExportImageAsync(name, target, cancellation)
            : runtime.SaveImagesAsync(image.Tags.IsEmpty ? [image.Id] : image.Tags, target, cancellation);
        if (!IsStandardOutput)
        {
            await ArchiveCommands.WriteFileAsync(Path, Write);
            return;
        }
        if (!Console.IsOutputRedirected)
        {
            throw new BoltException(ToolErrors.TerminalOutput());
        }
        await using var output = Console.OpenStandardOutput();
        await Write(output);
    }
}
