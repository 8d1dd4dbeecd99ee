using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Bolt.Builds;

/// <summary>What MSBuild says about a published project; the names are those of the SDK's container support.</summary>
internal sealed record DotnetProjectFacts
{
    /// <summary>Asked with -getProperty.</summary>
    public const string Properties = "AssemblyName,OutputType,TargetFramework,UsingMicrosoftNETSdkWeb,NETCoreSdkVersion,ContainerUser,ContainerWorkingDirectory,"
        + "SelfContained,PublishAot,ContainerBaseImage,ContainerRegistry,ContainerRepository,ContainerImageTag,ContainerImageTags";

    /// <summary>Asked with -getItem.</summary>
    public const string Items = "ContainerPort,ContainerEnvironmentVariable,ContainerLabel,ContainerEntrypoint,ContainerEntrypointArgs,"
        + "ContainerAppCommand,ContainerAppCommandArgs,ContainerDefaultArgs,RuntimePackAsset,ReferencePath,Compile,Content,None,EmbeddedResource,AdditionalFiles";

    public required string AssemblyName { get; init; }
    public required string OutputType { get; init; }
    public required string TargetFramework { get; init; }
    public required string SdkVersion { get; init; }
    public required bool Web { get; init; }
    /// <summary>Its runtime comes with it; false when the project says so.</summary>
    public bool SelfContained { get; init; } = true;
    /// <summary>What the project wants to stand on; empty: Bolt's own base.</summary>
    public string BaseImage { get; init; } = "";
    /// <summary>Names that the project gives its image.</summary>
    public ImmutableArray<string> Names { get; init; } = [];
    public string User { get; init; } = "";
    public string WorkingDirectory { get; init; } = "";
    public ImmutableArray<string> Ports { get; init; } = [];
    public ImmutableArray<string> Environment { get; init; } = [];
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    public ImmutableArray<string> Entrypoint { get; init; } = [];
    /// <summary>They follow the command, the project's own or the one that starts its program.</summary>
    public ImmutableArray<string> CommandArguments { get; init; } = [];
    public ImmutableArray<string> Arguments { get; init; } = [];
    /// <summary>Files of runtime packs: name in the output, path in the package cache.</summary>
    public ImmutableSortedDictionary<string, string> FrameworkFiles { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    public DotnetProjectInputs Inputs { get; init; } = new([], []);

    /// <summary>Reads {"Properties":{…},"Items":{…}}.</summary>
    public static DotnetProjectFacts Read(DotnetProject project, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var properties = document.RootElement.GetProperty("Properties");
        var items = document.RootElement.GetProperty("Items");
        string Property(string name) => properties.TryGetProperty(name, out var value) ? value.GetString()?.Trim() ?? "" : "";
        return new DotnetProjectFacts
        {
            AssemblyName = Property("AssemblyName"),
            OutputType = Property("OutputType"),
            TargetFramework = Property("TargetFramework"),
            SdkVersion = Property("NETCoreSdkVersion"),
            Web = Property("UsingMicrosoftNETSdkWeb") == "true",
            SelfContained = Property("SelfContained") != "false" || Property("PublishAot") == "true",
            BaseImage = Property("ContainerBaseImage"),
            Names = NamesOf(Property),
            User = Property("ContainerUser"),
            WorkingDirectory = Property("ContainerWorkingDirectory"),
            Ports = [.. Of(items, "ContainerPort").Select(i => $"{Text(i, "Identity")}/{(Text(i, "Type") is { Length: > 0 } type ? type : "tcp")}")],
            Environment = [.. Of(items, "ContainerEnvironmentVariable").Select(i => $"{Text(i, "Identity")}={Text(i, "Value")}")],
            Labels = Of(items, "ContainerLabel").DistinctBy(i => Text(i, "Identity"))
                .ToImmutableSortedDictionary(i => Text(i, "Identity"), i => Text(i, "Value"), StringComparer.Ordinal),
            Entrypoint = [.. Words(items, "ContainerEntrypoint"), .. Words(items, "ContainerEntrypointArgs"), .. Words(items, "ContainerAppCommand")],
            CommandArguments = [.. Words(items, "ContainerAppCommandArgs")],
            Arguments = [.. Words(items, "ContainerDefaultArgs")],
            FrameworkFiles = Of(items, "RuntimePackAsset").DistinctBy(i => Text(i, "DestinationSubPath"))
                .ToImmutableSortedDictionary(i => Text(i, "DestinationSubPath"), i => Text(i, "FullPath"), StringComparer.Ordinal),
            Inputs = ReadInputs(project, items),
        };
    }

    // Without a repository the SDK would take the assembly's name; a service of a stack needs none.
    private static ImmutableArray<string> NamesOf(Func<string, string> property)
    {
        if (property("ContainerRepository") is not { Length: > 0 } repository)
        {
            return [];
        }
        var registry = property("ContainerRegistry") is { Length: > 0 } host ? host + "/" : "";
        var tags = property("ContainerImageTags") is { Length: > 0 } many ? many : property("ContainerImageTag");
        return [.. tags.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).DefaultIfEmpty("latest").Select(t => $"{registry}{repository}:{t}")];
    }

    /// <summary>The ports that the app listens on: the project's own, else those of its ASPNETCORE variables, else 8080 for a web app.</summary>
    public ImmutableArray<string> ListeningPorts()
    {
        if (!Ports.IsEmpty)
        {
            return Ports;
        }
        foreach (var name in (ReadOnlySpan<string>)["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "HTTP_PORTS"])
        {
            if (Environment.LastOrDefault(e => e.StartsWith(name + "=", StringComparison.Ordinal)) is { } set)
            {
                return [.. set[(name.Length + 1)..].Split(';', StringSplitOptions.RemoveEmptyEntries).Select(PortOf).OfType<int>().Distinct()
                    .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p}/tcp"))];
            }
        }
        return Web ? ["8080/tcp"] : [];
    }

    // "http://+:8080", "http://*:5000/base", "8080"
    private static int? PortOf(string address)
    {
        var port = address[(address.LastIndexOf(':') + 1)..].Split('/')[0];
        return int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535 ? number : null;
    }

    private static DotnetProjectInputs ReadInputs(DotnetProject project, JsonElement items)
    {
        var folders = Of(items, "ReferencePath").Select(i => Text(i, "MSBuildSourceProjectFile")).Where(Path.IsPathFullyQualified)
            .Select(f => Path.GetDirectoryName(f)!).Append(project.Folder).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToImmutableArray();
        var files = new[] { "Compile", "Content", "None", "EmbeddedResource", "AdditionalFiles" }
            .SelectMany(kind => Of(items, kind)).Select(i => Text(i, "FullPath"))
            // What the SDK itself adds is known by the SDK's version.
            .Where(f => Path.IsPathFullyQualified(f) && !folders.Any(folder => f.StartsWith(folder + "/", StringComparison.Ordinal))
                && !f.Contains("/Sdks/", StringComparison.Ordinal) && !f.Contains("/artifacts/obj/", StringComparison.Ordinal));
        return new DotnetProjectInputs(folders, [.. files.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    private static IEnumerable<JsonElement> Of(JsonElement items, string kind) =>
        items.TryGetProperty(kind, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static IEnumerable<string> Words(JsonElement items, string kind) => Of(items, kind).Select(i => Text(i, "Identity")).Where(t => t.Length > 0);

    private static string Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
