using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bolt.Tool.Commands;

/// <summary>`bolt sign` and `bolt verify`: who stands for an image of a registry.</summary>
internal static class SignCommands
{
    private static readonly Argument<string> Image = new Argument<string>("IMAGE") { Description = "An image of a registry; what its tag stands for now is meant" }.WithoutOptions();
    private static readonly Option<string> Key = new("--key") { Description = "The private key, as `bolt trust new-key` or cosign makes it", HelpName = "FILE", Required = true };
    private static readonly Option<string[]> Keys = new("--key") { Description = "A public key; without one, those that the policy names", HelpName = "FILE" };
    private static readonly Option<string> Predicate = new("--predicate") { Description = "JSON to say of it: what `bolt build --sbom` and `--provenance` write, or any other", HelpName = "FILE", Required = true };
    private static readonly Option<string?> Said = new("--type") { Description = "What the JSON is: slsaprovenance1, spdxjson, cyclonedx, openvex, vuln, custom or a URI; without it, as the file says", HelpName = "TYPE" };
    private static readonly Option<string?> Type = new("--type") { Description = "Check attestations of this type instead (slsaprovenance1, spdxjson…), and print them", HelpName = "TYPE" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print digest and keys as one line of JSON" };

    public static IEnumerable<Command> Create()
    {
        var sign = new Command("sign", "Sign an image in its registry; prints the signed digest") { Key, Image };
        Invocation.Bind(sign, SignAsync);
        yield return sign.WithExamples(
            "bolt sign --key team.key ghcr.io/owner/app:1       COSIGN_PASSWORD or a question opens the key");
        var attest = new Command("attest", "Say something of an image in its registry, signed; prints the digest that it is said of") { Key, Predicate, Said, Image };
        Invocation.Bind(attest, AttestAsync);
        yield return attest.WithExamples(
            "bolt attest --key team.key --predicate app.slsa.json ghcr.io/owner/app:1     what `bolt build --provenance` wrote",
            "bolt attest --key team.key --predicate app.spdx.json ghcr.io/owner/app:1     what `bolt build --sbom` wrote");
        var verify = new Command("verify", "Check who has signed an image, or said something of it; fails when nobody trusted has") { Keys, Type, Json, Image };
        Invocation.Bind(verify, VerifyAsync);
        yield return verify.WithExamples(
            "bolt verify ghcr.io/owner/app:1                    by the policy (`bolt trust`)",
            "bolt verify --key team.pub ghcr.io/owner/app:1",
            "bolt verify --type slsaprovenance1 ghcr.io/owner/app:1     prints what is said, one statement a line");
    }

    private static async Task<int> SignAsync(Invocation invocation)
    {
        invocation.Screen.Data(await invocation.Runtime.SignImageAsync(
            invocation.Parsed.GetRequiredValue(Image), invocation.Parsed.GetRequiredValue(Key), () => KeyPassword.Get(invocation, again: false), invocation.Cancellation));
        return ExitCode.Done;
    }

    private static async Task<int> AttestAsync(Invocation invocation)
    {
        invocation.Screen.Data(await invocation.Runtime.AttestImageAsync(
            invocation.Parsed.GetRequiredValue(Image), invocation.Parsed.GetRequiredValue(Predicate), invocation.Value(Said), invocation.Parsed.GetRequiredValue(Key),
            () => KeyPassword.Get(invocation, again: false), invocation.Cancellation));
        return ExitCode.Done;
    }

    private static async Task<int> VerifyAsync(Invocation invocation)
    {
        var image = invocation.Parsed.GetRequiredValue(Image);
        if (invocation.Value(Type) is { } type)
        {
            var said = await invocation.Runtime.VerifyAttestationsAsync(image, type, invocation.Value(Keys) ?? [], invocation.Cancellation);
            foreach (var statement in said.Statements)
            {
                invocation.Screen.Data(Words.Plain(statement));
            }
            invocation.Screen.Say($"said of {said.Digest} by {string.Join(", ", said.Keys)}");
            return ExitCode.Done;
        }
        var verified = await invocation.Runtime.VerifyImageAsync(image, invocation.Value(Keys) ?? [], invocation.Cancellation);
        if (invocation.Value(Json))
        {
            invocation.Screen.Data(JsonSerializer.Serialize(new VerifiedLine(image, verified.Digest, [.. verified.Keys]), SignJson.Default.VerifiedLine));
            return ExitCode.Done;
        }
        invocation.Screen.Data(verified.Digest);
        invocation.Screen.Say($"signed by {string.Join(", ", verified.Keys)}");
        return ExitCode.Done;
    }
}

/// <summary>What `bolt verify --json` prints.</summary>
internal sealed record VerifiedLine(string Image, string Digest, string[] Keys);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VerifiedLine))]
[JsonSerializable(typeof(TrustLine))]
internal sealed partial class SignJson : JsonSerializerContext;
