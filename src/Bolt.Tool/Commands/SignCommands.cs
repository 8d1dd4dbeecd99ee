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
    private static readonly Option<bool> Json = new("--json") { Description = "Print digest and keys as one line of JSON" };

    public static IEnumerable<Command> Create()
    {
        var sign = new Command("sign", "Sign an image in its registry; prints the signed digest") { Key, Image };
        Invocation.Bind(sign, SignAsync);
        yield return sign.WithExamples(
            "bolt sign --key team.key ghcr.io/owner/app:1       COSIGN_PASSWORD or a question opens the key");
        var verify = new Command("verify", "Check who has signed an image; fails when nobody trusted has") { Keys, Json, Image };
        Invocation.Bind(verify, VerifyAsync);
        yield return verify.WithExamples(
            "bolt verify ghcr.io/owner/app:1                    by the policy (`bolt trust`)",
            "bolt verify --key team.pub ghcr.io/owner/app:1");
    }

    private static async Task<int> SignAsync(Invocation invocation)
    {
        invocation.Screen.Data(await invocation.Runtime.SignImageAsync(
            invocation.Parsed.GetRequiredValue(Image), invocation.Parsed.GetRequiredValue(Key), () => KeyPassword.Get(invocation, again: false), invocation.Cancellation));
        return ExitCode.Done;
    }

    private static async Task<int> VerifyAsync(Invocation invocation)
    {
        var image = invocation.Parsed.GetRequiredValue(Image);
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
