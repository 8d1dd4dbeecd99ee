using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

/// <summary>One MUST of the runtime specification that a program can see from inside.</summary>
/// <param name="Name">The section, and what it asks.</param>
/// <param name="Script">What is run inside.</param>
/// <param name="Expected">All that it prints, without the last line end; a line "*" is any line.</param>
internal sealed record ConformanceCase(string Name, string Script, string Expected)
{
    /// <summary>What is other than in the usual config.json. The text is the bundle's folder.</summary>
    public Action<JsonObject, string>? Change { get; init; }

    /// <summary>More options of `run`.</summary>
    public string[] Options { get; init; } = [];

    /// <summary>What a shell does before it becomes the runtime; BUNDLE is the bundle's folder.</summary>
    public string? Shell { get; init; }

    /// <summary>What is found on the host afterwards: more of the output. The text is the bundle's folder.</summary>
    public Func<string, string>? After { get; init; }

    public int Code { get; init; }

    /// <summary>The runtime must refuse it: nothing is run.</summary>
    public bool Refused { get; init; }

    /// <summary>Only root can have it: cgroups, devices, what is the host's.</summary>
    public bool ForRoot { get; init; }

    public bool Fits(string output)
    {
        var lines = output.TrimEnd('\n').Split('\n');
        var wanted = Expected.Split('\n');
        return lines.Length == wanted.Length && lines.Zip(wanted).All(pair => pair.Second == "*" || pair.First.TrimEnd() == pair.Second);
    }
}
