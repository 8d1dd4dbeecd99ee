using System.CommandLine;
using Bolt.Diagnostics;

namespace Bolt.Tool.Commands;

/// <summary>`bolt login` and `bolt logout`: who this user is to a registry, kept where Docker keeps it.</summary>
internal static class LoginCommand
{
    private static readonly Option<string?> User = new("--username", "-u") { Description = "Who logs in", HelpName = "NAME" };
    private static readonly Option<bool> FromInput = new("--password-stdin") { Description = "Read the password from standard input" };
    private static readonly Argument<string> Host = new Argument<string>("HOST") { Description = "The registry, as image names have it; docker.io for Docker Hub" }.WithoutOptions();
    private static readonly Argument<string> Left = new Argument<string>("HOST") { Description = "The registry" }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("login", "Check a password with a registry and keep it in ~/.docker/config.json") { User, FromInput, Host };
        Invocation.Bind(command, LoginAsync);
        return command.WithExamples(
            "bolt login -u me ghcr.io                            asks for the password",
            "echo $TOKEN | bolt login -u me --password-stdin registry.example:5000");
    }

    public static Command CreateLogout()
    {
        var command = new Command("logout", "Forget the password for a registry") { Left };
        Invocation.Bind(command, async invocation =>
        {
            await invocation.Runtime.LogoutAsync(invocation.Parsed.GetRequiredValue(Left), invocation.Cancellation);
            return ExitCode.Done;
        });
        return command.WithExamples("bolt logout ghcr.io");
    }

    private static async Task<int> LoginAsync(Invocation invocation)
    {
        var host = invocation.Parsed.GetRequiredValue(Host);
        var user = invocation.Value(User) ?? Ask(invocation, $"user for {host}: ");
        var password = invocation.Value(FromInput) ? (await Console.In.ReadToEndAsync(invocation.Cancellation)).TrimEnd('\r', '\n') : SecretQuestion.Ask(invocation, $"password for {user}: ", ToolErrors.NoOneToAsk);
        await invocation.Runtime.LoginAsync(host, user, password, invocation.Cancellation);
        invocation.Screen.Say($"logged in to {host} as {user}");
        return ExitCode.Done;
    }

    private static string Ask(Invocation invocation, string question)
    {
        if (Console.IsInputRedirected)
        {
            throw new BoltException(ToolErrors.NoOneToAsk());
        }
        invocation.Screen.Error.Write(question);
        return Console.ReadLine() ?? "";
    }
}
