using System.CommandLine;
using System.Text.Json;
using Bolt.Tool.Terminal;
using Bolt.Trust;

namespace Bolt.Tool.Commands;

/// <summary>`bolt trust`: which keys stand for which repositories.</summary>
internal static class TrustCommand
{
    private static string[] Modes => [.. Enum.GetValues<TrustMode>().Select(Text)];

    private static readonly Argument<string> Repository = new Argument<string>("REPOSITORY") { Description = "HOST/PATH, or HOST/PATH/* for all below" }.WithoutOptions();
    private static readonly Argument<string> Name = new Argument<string>("NAME") { Description = "Makes NAME.key and NAME.pub" }.WithoutOptions();
    private static readonly Argument<string> Mode = new Argument<string>("MODE") { Description = "What is asked: accept nothing, warn, or require a signature" }.AcceptOnlyFromAmong(Modes);
    private static readonly Option<string[]> Keys = new("--key") { Description = "A public key whose signature is enough; may be repeated", HelpName = "FILE" };
    private static readonly Option<string> Asked = new Option<string>("--mode") { Description = "What is asked; require", HelpName = "MODE" }.AcceptOnlyFromAmong(Modes);
    private static readonly Option<bool> Json = new("--json") { Description = "Print the policy as one line of JSON" };

    public static Command Create()
    {
        var trust = new Command("trust", "Show who must have signed which images, and edit it")
        {
            Json,
            Edit(new Command("add", "Name the keys for a repository") { Keys, Asked, Repository }, AddAsync, "bolt trust add ghcr.io/owner/* --key team.pub"),
            Edit(new Command("remove", "Take a repository's rule away") { Repository },
                i => i.Runtime.RemoveTrustRuleAsync(i.Parsed.GetRequiredValue(Repository), i.Cancellation), "bolt trust remove ghcr.io/owner/*"),
            Edit(new Command("default", "What is asked of images that no rule names") { Mode },
                i => i.Runtime.SetTrustDefaultAsync(Read(i.Parsed.GetRequiredValue(Mode)), i.Cancellation), "bolt trust default require"),
            NewKey(),
        };
        Invocation.Bind(trust, invocation => Task.FromResult(Show(invocation)));
        return trust.WithExamples("bolt trust", "bolt trust add ghcr.io/owner/* --key team.pub", "bolt trust default require");
    }

    private static Command Edit(Command command, Func<Invocation, Task> edit, string example)
    {
        Invocation.Bind(command, async invocation =>
        {
            await edit(invocation);
            return Show(invocation);
        });
        return command.WithExamples(example);
    }

    private static Command NewKey()
    {
        var command = new Command("new-key", "Make a key pair to sign images with, as cosign does") { Name };
        Invocation.Bind(command, async invocation =>
        {
            var name = invocation.Parsed.GetRequiredValue(Name);
            await BoltRuntime.CreateKeyPairAsync(name, KeyPassword.Get(invocation, again: true), invocation.Cancellation);
            invocation.Screen.Say($"made {name}.key and {name}.pub");
            return ExitCode.Done;
        });
        return command.WithExamples("bolt trust new-key team");
    }

    private static Task AddAsync(Invocation invocation) => invocation.Runtime.SetTrustRuleAsync(
        new TrustedRepository(invocation.Parsed.GetRequiredValue(Repository), Read(invocation.Value(Asked) ?? Text(TrustMode.Require)), [.. invocation.Value(Keys) ?? []]), invocation.Cancellation);

    private static int Show(Invocation invocation)
    {
        var policy = invocation.Runtime.ReadTrust();
        if (invocation.Value(Json))
        {
            var line = new TrustLine(policy.File, Text(policy.Default), [.. policy.Rules.Select(r => new TrustRuleLine(r.Repository, Text(r.Mode), [.. r.Keys]))]);
            invocation.Screen.Data(JsonSerializer.Serialize(line, SignJson.Default.TrustLine));
            return ExitCode.Done;
        }
        var table = new TextTable("REPOSITORY", "MODE", "KEYS");
        foreach (var rule in policy.Rules)
        {
            table.Add(rule.Repository, Text(rule.Mode), string.Join(", ", rule.Keys));
        }
        table.Add("(this machine's registries, recipes)", "accept", "");
        table.Add("(all others)", Text(policy.Default), "");
        table.Write(invocation.Screen.DataPen);
        return ExitCode.Done;
    }

    private static string Text(TrustMode mode) => mode.ToString().ToLowerInvariant();

    private static TrustMode Read(string mode) => Enum.Parse<TrustMode>(mode, ignoreCase: true);
}

/// <summary>What `bolt trust --json` prints.</summary>
internal sealed record TrustLine(string? File, string Default, TrustRuleLine[] Rules);

/// <summary>One rule of it.</summary>
internal sealed record TrustRuleLine(string Repository, string Mode, string[] Keys);
