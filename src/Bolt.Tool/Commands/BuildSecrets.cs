using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Tool.Commands;

/// <summary>The values of --secret and --ssh, as docker build takes them.</summary>
internal static class BuildSecrets
{
    /// <summary>"id=token,src=token.txt", "id=token,env=TOKEN"; without either the variable or file of that name.</summary>
    public static KeyValuePair<string, ImmutableArray<byte>> Secret(string text)
    {
        var parts = Parts(text);
        var id = parts.GetValueOrDefault("id") ?? throw Bad("--secret", text, "write `id=NAME,src=FILE` or `id=NAME,env=VARIABLE`");
        var file = parts.GetValueOrDefault("src") ?? parts.GetValueOrDefault("source");
        var variable = parts.GetValueOrDefault("env") ?? (file is null ? id : null);
        if (file is null && Environment.GetEnvironmentVariable(variable!) is { } value)
        {
            return new(id, [.. Encoding.UTF8.GetBytes(value)]);
        }
        try
        {
            return new(id, [.. File.ReadAllBytes(file ?? throw Bad("--secret", text, $"set `{variable}`, or add `,src=FILE`"))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(ToolErrors.Unreadable(file!, e.Message), e);
        }
    }

    /// <summary>"default", "NAME=SOCKET".</summary>
    public static KeyValuePair<string, string> Agent(string text)
    {
        var pair = text.Split('=', 2);
        var socket = pair.ElementAtOrDefault(1) ?? Environment.GetEnvironmentVariable("SSH_AUTH_SOCK");
        return socket is { Length: > 0 } && File.Exists(socket) ? new(pair[0], socket) : throw Bad("--ssh", text, "start an agent, so that SSH_AUTH_SOCK names its socket, or write `NAME=SOCKET`");
    }

    internal static Dictionary<string, string> Parts(string text) => text.Split(',').Select(p => p.Split('=', 2)).Where(p => p.Length == 2)
        .GroupBy(p => p[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);

    private static BoltException Bad(string option, string text, string fix) => new(ToolErrors.BadBuildOption(option, text, fix));
}
